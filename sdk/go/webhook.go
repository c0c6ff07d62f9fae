package posthorn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Webhook is a delivery that has been verified.
type Webhook struct {
	// ID is the same over all attempts: tell repetitions by it.
	ID        string
	Timestamp time.Time
	// EventType is empty where the request does not say.
	EventType string
	Payload   json.RawMessage
}

// VerificationFault says what is wrong with a request.
type VerificationFault string

const (
	MissingHeader    VerificationFault = "missing_header"
	InvalidTimestamp VerificationFault = "invalid_timestamp"
	Stale            VerificationFault = "stale"
	InvalidSignature VerificationFault = "invalid_signature"
)

// VerificationError says that a request is not what it says it is: answer 400 and do nothing.
type VerificationError struct {
	Reason  VerificationFault
	Message string
}

func (err *VerificationError) Error() string { return "posthorn: " + err.Message }

// Verifier of deliveries. Its secrets are the subscription's; several while a rotation lasts that
// you have not caught up with.
type Verifier struct {
	Secrets []string
	// Tolerance is how old or how far ahead the timestamp may be; 0 is five minutes.
	Tolerance time.Duration
	// Now is time.Now where it is nil.
	Now func() time.Time
}

const (
	defaultTolerance = 5 * time.Minute
	secretPrefix     = "whsec_"
)

// VerifyWebhook verifies a delivery with one secret and the usual tolerance. The body is what was
// received: parsed and serialized again, it has another signature.
func VerifyWebhook(secret string, header http.Header, body []byte) (*Webhook, error) {
	return Verifier{Secrets: []string{secret}}.Verify(header, body)
}

// Verify checks webhook-id, webhook-timestamp and webhook-signature
// (https://www.standardwebhooks.com). Where they are not right, the error is a *VerificationError.
func (verifier Verifier) Verify(header http.Header, body []byte) (*Webhook, error) {
	values := map[string]string{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		values[name] = strings.Join(header.Values(name), " ")
		if values[name] == "" {
			return nil, &VerificationError{MissingHeader, "there is no " + name}
		}
	}
	id, timestamp := values["webhook-id"], values["webhook-timestamp"]
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if err != nil {
		return nil, &VerificationError{InvalidTimestamp, "webhook-timestamp is not a time in seconds"}
	}
	at := time.Unix(int64(seconds), 0)
	if age := verifier.now().Sub(at); age > verifier.tolerance() || -age > verifier.tolerance() {
		return nil, &VerificationError{Stale, "webhook-timestamp is too far from now"}
	}
	var signatures [][]byte
	for _, one := range strings.Split(values["webhook-signature"], " ") {
		if !strings.HasPrefix(one, "v1,") {
			continue
		}
		if signature, err := decodeBase64(strings.TrimPrefix(one, "v1,")); err == nil {
			signatures = append(signatures, signature)
		}
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	if err := verifier.expect(signatures, signed, keyBytes); err != nil {
		return nil, err
	}
	return &Webhook{ID: id, Timestamp: at, EventType: header.Get("X-Event-Type"), Payload: body}, nil
}

// VerifyHub checks X-Hub-Signature-256 (the scheme github), which says nothing of the delivery's
// age. Where it is not right, the error is a *VerificationError.
func (verifier Verifier) VerifyHub(header http.Header, body []byte) error {
	given := header.Get("X-Hub-Signature-256")
	if given == "" {
		return &VerificationError{MissingHeader, "there is no x-hub-signature-256"}
	}
	var signatures [][]byte
	if signature, err := hex.DecodeString(strings.TrimPrefix(given, "sha256=")); err == nil {
		signatures = append(signatures, signature)
	}
	// The whole secret is the key, its prefix included.
	return verifier.expect(signatures, body, func(secret string) ([]byte, error) { return []byte(secret), nil })
}

func (verifier Verifier) expect(signatures [][]byte, signed []byte, key func(string) ([]byte, error)) error {
	if len(verifier.Secrets) == 0 {
		return errors.New("posthorn: there is no secret to verify with")
	}
	for _, secret := range verifier.Secrets {
		bytes, err := key(secret)
		if err != nil || len(bytes) == 0 {
			return errors.New("posthorn: a secret is empty, or not base64 after whsec_")
		}
		mac := hmac.New(sha256.New, bytes)
		mac.Write(signed)
		expected := mac.Sum(nil)
		for _, signature := range signatures {
			if hmac.Equal(expected, signature) {
				return nil
			}
		}
	}
	return &VerificationError{InvalidSignature, "no signature is of these bytes with this secret"}
}

// Base64 after whsec_; any other secret stands for its UTF-8 bytes.
func keyBytes(secret string) ([]byte, error) {
	if !strings.HasPrefix(secret, secretPrefix) {
		return []byte(secret), nil
	}
	return decodeBase64(strings.TrimPrefix(secret, secretPrefix))
}

// With or without padding.
func decodeBase64(text string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

func (verifier Verifier) now() time.Time {
	if verifier.Now == nil {
		return time.Now()
	}
	return verifier.Now()
}

func (verifier Verifier) tolerance() time.Duration {
	if verifier.Tolerance == 0 {
		return defaultTolerance
	}
	return verifier.Tolerance
}
