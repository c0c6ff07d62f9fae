package posthorn

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"time"
)

type transport struct {
	baseURL    string
	apiKey     string
	http       *http.Client
	timeout    time.Duration
	maxRetries int
}

type call struct {
	method string
	path   string
	// A pointer to a struct whose fields say where they go; may be nil.
	params any
	// Bytes are sent as they are, all else as JSON.
	body                any
	takesIdempotencyKey bool
	cursor              string
}

// One call on its way, over all its tries.
type plan struct {
	method   string
	url      string
	header   http.Header
	body     []byte
	settings settings
	// Whether it may be sent again without doing twice what it does.
	isRepeatable bool
}

func send[T any](ctx context.Context, transport *transport, call call, options []CallOption) (*T, error) {
	answer, err := transport.do(ctx, call, options)
	if err != nil || len(answer) == 0 {
		return nil, err
	}
	value := new(T)
	if err := json.Unmarshal(answer, value); err != nil {
		return nil, fmt.Errorf("posthorn: the answer is not what was expected: %w", err)
	}
	return value, nil
}

func (transport *transport) do(ctx context.Context, call call, options []CallOption) ([]byte, error) {
	plan, err := transport.plan(call, options)
	if err != nil {
		return nil, err
	}
	var answer []byte
	err = transport.retry(ctx, plan, func() (*http.Response, error) {
		limited, cancel := context.WithTimeout(ctx, plan.settings.timeout)
		defer cancel()
		response, err := transport.try(limited, plan)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		answer, err = io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(answer))
		return response, err
	})
	return answer, err
}

// The answer's body is the caller's to close.
func (transport *transport) open(ctx context.Context, call call, options []CallOption) (*http.Response, error) {
	plan, err := transport.plan(call, options)
	if err != nil {
		return nil, err
	}
	var response *http.Response
	err = transport.retry(ctx, plan, func() (*http.Response, error) {
		response, err = transport.try(ctx, plan)
		return response, err
	})
	return response, err
}

func (transport *transport) retry(ctx context.Context, plan *plan, try func() (*http.Response, error)) error {
	for tries := 1; ; tries++ {
		response, err := try()
		if err == nil && response.StatusCode < 300 {
			return nil
		}
		var wait time.Duration
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			err = &ConnectionError{IsTimeout: errors.Is(err, context.DeadlineExceeded), Cause: err}
			if !plan.isRepeatable {
				return err
			}
			wait, _ = waitBefore(tries, "")
		} else {
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			failure := newAPIError(response, body)
			err = failure
			isShort := false
			wait, isShort = waitBefore(tries, response.Header.Get("Retry-After"))
			if !isShort || !isWorthRetrying(failure, plan.isRepeatable) {
				return err
			}
		}
		if tries > plan.settings.maxRetries {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (transport *transport) try(ctx context.Context, plan *plan) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, plan.method, plan.url, bytes.NewReader(plan.body))
	if err != nil {
		return nil, err
	}
	request.Header = plan.header
	return transport.http.Do(request)
}

func (transport *transport) plan(call call, options []CallOption) (*plan, error) {
	settings := settings{timeout: transport.timeout, maxRetries: transport.maxRetries, header: http.Header{}}
	query, header := readParams(call.params)
	if call.cursor != "" {
		query.Set("cursor", call.cursor)
	}
	header.Set("User-Agent", "posthorn-go/"+Version)
	if transport.apiKey != "" {
		header.Set("Authorization", "Bearer "+transport.apiKey)
	}
	for _, option := range options {
		option(&settings)
	}
	for name, values := range settings.header {
		header[name] = values
	}
	body, err := encodeBody(call.body)
	if err != nil {
		return nil, err
	}
	if body != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	// The same over all tries, so that what was done once is not done again.
	if call.takesIdempotencyKey && header.Get("Idempotency-Key") == "" {
		header.Set("Idempotency-Key", newKey())
	}
	address := transport.baseURL + call.path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return &plan{
		method: call.method, url: address, header: header, body: body, settings: settings,
		isRepeatable: call.method != http.MethodPost || header.Get("Idempotency-Key") != "",
	}, nil
}

func encodeBody(body any) ([]byte, error) {
	switch body := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return body, nil
	case json.RawMessage:
		return body, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("posthorn: the body cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// An empty object where nothing was given.
func orEmpty[T any](body *T) any {
	if body == nil {
		return struct{}{}
	}
	return body
}

// Fields that have their zero value are left out.
func readParams(params any) (url.Values, http.Header) {
	query, header := url.Values{}, http.Header{}
	value := reflect.ValueOf(params)
	if !value.IsValid() || value.IsNil() {
		return query, header
	}
	value = value.Elem()
	for index := 0; index < value.NumField(); index++ {
		field := value.Field(index)
		if field.IsZero() {
			continue
		}
		tag := value.Type().Field(index).Tag
		for _, text := range paramTexts(field) {
			if name := tag.Get("query"); name != "" {
				query.Add(name, text)
			} else {
				header.Set(tag.Get("header"), text)
			}
		}
	}
	return query, header
}

func paramTexts(field reflect.Value) []string {
	if field.Kind() == reflect.Pointer {
		field = field.Elem()
	}
	if at, isTime := field.Interface().(time.Time); isTime {
		return []string{at.UTC().Format(time.RFC3339Nano)}
	}
	if field.Kind() != reflect.Slice {
		return []string{fmt.Sprint(field.Interface())}
	}
	var texts []string
	for index := 0; index < field.Len(); index++ {
		texts = append(texts, paramTexts(field.Index(index))...)
	}
	return texts
}

func newKey() string {
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return "sdk-" + hex.EncodeToString(bytes)
}
