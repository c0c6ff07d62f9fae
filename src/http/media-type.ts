/** `application/json` and every media type built on JSON, with whatever parameters. */
export const JSON_MEDIA_TYPE = /^(?:application\/json|[^;\s/]+\/[^;\s/]+\+json)\s*(?:;|$)/i;
