import type { SignatureScheme } from '../api/types.ts';
import { IfMay } from '../data/caller.tsx';
import { Field } from './field.tsx';
import type { PartProps } from './subscription-form-delivery.tsx';

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
        <Field
          label={isNew ? 'Secret' : 'New secret'}
          errors={errors('/secret')}
          hint={isNew ? 'One is generated where none is given.' : 'Replaces the old one at once.'}
          isOptional
        >
          {(control) => (
            <input
              {...control}
              className="mono"
              autoComplete="off"
              spellCheck={false}
              placeholder="whsec_…"
              value={draft.secret}
              onChange={(event) => set({ secret: event.target.value })}
            />
          )}
        </Field>
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
                onChange={(event) => set({ ingestSignature: event.target.value as never })}
              >
                <option value="off">Not looked at</option>
                <option value="optional">Checked where given</option>
                <option value="required">Required</option>
              </select>
            )}
          </Field>
        </IfMay>
      </div>
    </fieldset>
  );
}
