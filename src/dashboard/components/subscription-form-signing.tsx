import type { SignatureScheme } from '../api/types.ts';
import { IfMay } from '../data/caller.tsx';
import { keyOf } from '../data/use-list-filters.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';
import { Field } from './field.tsx';
import type { PartProps } from './subscription-form-delivery.tsx';
import { TextField } from './text-field.tsx';

const SCHEMES: readonly (readonly [SignatureScheme, string, string])[] = [
  ['standard-webhooks', 'Standard Webhooks', 'webhook-id, webhook-timestamp, webhook-signature'],
  [
    'standard-webhooks-v1a',
    'Standard Webhooks, Ed25519',
    'the same, with a public key to check with',
  ],
  ['github', 'GitHub', 'X-Hub-Signature-256'],
  ['stripe', 'Stripe', 'Stripe-Signature'],
];

const INGEST: Readonly<Record<SubscriptionDraft['ingestSignature'], string>> = {
  off: 'Not looked at',
  optional: 'Checked where given',
  required: 'Required',
};

/** How deliveries are signed, and whether what comes in must be. */
export function SigningFields({ draft, set, errors, isNew }: PartProps & { isNew: boolean }) {
  const toggle = (scheme: SignatureScheme, isOn: boolean) =>
    set({
      signatureSchemes: SCHEMES.map(([one]) => one).filter((one) =>
        one === scheme ? isOn : draft.signatureSchemes.includes(one),
      ),
    });
  const schemeErrors = errors('/signature_schemes');
  return (
    <fieldset className={`group ${schemeErrors.length > 0 ? 'is-invalid' : ''}`}>
      <legend>Signing</legend>
      {SCHEMES.map(([scheme, name, headers]) => (
        <label key={scheme} className="check">
          <input
            type="checkbox"
            checked={draft.signatureSchemes.includes(scheme)}
            onChange={(event) => toggle(scheme, event.target.checked)}
          />
          <span>
            {name} <span className="faint">{headers}</span>
          </span>
        </label>
      ))}
      {schemeErrors.map((error) => (
        <p key={error} className="field-errors" role="alert">
          {error}
        </p>
      ))}
      <div className="field-row">
        <TextField
          label={isNew ? 'Secret' : 'New secret'}
          hint={isNew ? 'One is generated where none is given.' : 'Replaces the old one at once.'}
          errors={errors('/secret')}
          isCode
          isOptional
          placeholder="whsec_…"
          value={draft.secret}
          onChange={(secret) => set({ secret })}
        />
        <IfMay do="operate">
          <Field
            label="Signatures on ingest"
            errors={errors('/ingest_signature')}
            hint="Whether events sent to this subscription must be signed."
          >
            {(control) => (
              <select
                {...control}
                value={draft.ingestSignature}
                onChange={(event) =>
                  set({
                    ingestSignature: keyOf(INGEST, event.target.value) ?? draft.ingestSignature,
                  })
                }
              >
                {Object.entries(INGEST).map(([value, name]) => (
                  <option key={value} value={value}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </IfMay>
      </div>
    </fieldset>
  );
}
