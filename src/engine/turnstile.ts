/** Lets groups in, in order, while there are fewer inside than a limit. */
export type Turnstile = {
  /**
   * Resolves once the group may come in, with what to call when all of it has arrived; until then it
   * counts as if it were inside. Only the first call counts.
   */
  enter(count: number): Promise<() => void>;
  /** To be called when somebody inside has left. */
  left(): void;
};

export type TurnstileOptions = {
  limit: number;
  /** How many are inside, of those that have arrived. */
  inside(): number;
};

type Group = { readonly count: number; admit(arrived: () => void): void };

/** A group comes in as soon as there is any room, however large it is, so none waits for ever. */
export function createTurnstile({ limit, inside }: TurnstileOptions): Turnstile {
  const waiting: Group[] = [];
  let coming = 0;

  const hasRoom = (): boolean => inside() + coming < limit;

  function admit(count: number): () => void {
    coming += count;
    let hasArrived = false;
    return () => {
      if (hasArrived) return;
      hasArrived = true;
      coming -= count;
      left();
    };
  }

  function left(): void {
    for (let next = waiting[0]; next !== undefined && hasRoom(); next = waiting[0]) {
      waiting.shift();
      next.admit(admit(next.count));
    }
  }

  return {
    enter(count) {
      if (waiting.length === 0 && hasRoom()) return Promise.resolve(admit(count));
      return new Promise((resolve) => waiting.push({ count, admit: resolve }));
    },
    left,
  };
}
