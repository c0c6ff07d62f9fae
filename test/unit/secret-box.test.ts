import { createSecretKey, randomBytes } from 'node:crypto';
import t from 'tap';
import { createSecretBox, secretContext } from '../../src/subscriptions/secret-box.ts';

const CONTEXT = secretContext('acme', '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94');
const newKey = () => createSecretKey(randomBytes(32));

t.test('a sealed secret opens to what it was, whatever its characters', async (t) => {
  const box = createSecretBox([newKey()]);
  for (const secret of ['whsec_C2FVsBQIhrscChlQIMV', '', 'ключ 🔑', 'x'.repeat(512)]) {
    t.equal(box.open(box.seal(secret, CONTEXT), CONTEXT), secret);
  }
});

t.test('a sealed secret shows nothing of the secret and is never sealed alike twice', async (t) => {
  const box = createSecretBox([newKey()]);
  const [first, second] = [box.seal('a secret', CONTEXT), box.seal('a secret', CONTEXT)];
  t.notOk(first.sealed.includes('secret'));
  t.notOk(first.sealed.equals(second.sealed));
  t.equal(first.keyId, second.keyId);
});

t.test('a secret does not open in the place of another', async (t) => {
  const box = createSecretBox([newKey()]);
  const sealed = box.seal('a secret', CONTEXT);
  t.throws(() => box.open(sealed, secretContext('other', '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94')));
  t.throws(() => box.open(sealed, secretContext('acme', '019aa089-9af2-7c31-8a5e-2f0d6c1b7e95')));
});

t.test('a secret with any byte changed, or cut, does not open', async (t) => {
  const box = createSecretBox([newKey()]);
  const { keyId, sealed } = box.seal('a secret', CONTEXT);
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] as number) ^ 1;
    t.throws(() => box.open({ keyId, sealed: changed }, CONTEXT), `byte ${index}`);
    t.throws(() => box.open({ keyId, sealed: sealed.subarray(0, index) }, CONTEXT));
  }
});

t.test('the first key seals and every key opens, so that a key can be replaced', async (t) => {
  const [oldKey, key] = [newKey(), newKey()];
  const sealedBefore = createSecretBox([oldKey]).seal('a secret', CONTEXT);
  const rotated = createSecretBox([key, oldKey]);
  t.equal(rotated.open(sealedBefore, CONTEXT), 'a secret');

  const sealedAfter = rotated.seal('a secret', CONTEXT);
  t.not(sealedAfter.keyId, sealedBefore.keyId);
  t.equal(createSecretBox([key]).open(sealedAfter, CONTEXT), 'a secret');
  t.throws(() => createSecretBox([key]).open(sealedBefore, CONTEXT), {
    code: 'secret_unreadable',
    cause: { message: `sealed with key ${sealedBefore.keyId}, which is not configured` },
  });
});

t.test('without a key secrets stay plain, and still open once there is one', async (t) => {
  const plain = createSecretBox([]).seal('a secret', CONTEXT);
  t.same(plain, { keyId: null, sealed: Buffer.from('a secret') });
  t.equal(createSecretBox([newKey()]).open(plain, CONTEXT), 'a secret');
});

t.test('a key is named without telling anything about it', async (t) => {
  const bytes = randomBytes(32);
  const { keyId } = createSecretBox([createSecretKey(bytes)]).seal('a secret', CONTEXT);
  t.match(keyId, /^[\da-f]{16}$/);
  t.notOk(bytes.toString('hex').includes(keyId ?? ''));
});
