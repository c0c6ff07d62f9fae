// Before the first paint, hence by itself and not a module: the colours that were chosen in the
// dashboard hold here as well.
try {
  const stored = localStorage.getItem('posthorn.theme');
  if (stored === 'light' || stored === 'dark') document.documentElement.dataset['theme'] = stored;
} catch {
  // Storage may be forbidden; the system's colours will do.
}
