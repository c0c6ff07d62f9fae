// Package posthorn is a client of Posthorn, a webhook delivery service.
package posthorn

import (
	"net/http"
	"strings"
	"time"
)

// Version of the API that the client was generated from, and of the client.
const Version = "0.1.0"

const (
	defaultTimeout    = 30 * time.Second
	defaultMaxRetries = 3
)

// Client of one service, its operations grouped as in the API's documentation. It may be used by
// any number of goroutines.
type Client struct {
	Resources
}

// New makes a client. The baseURL is where the service is, such as https://posthorn.example; an
// empty apiKey sends none.
func New(baseURL, apiKey string, options ...Option) *Client {
	transport := &transport{
		baseURL:    strings.TrimRight(baseURL, "/"),
		apiKey:     apiKey,
		http:       http.DefaultClient,
		timeout:    defaultTimeout,
		maxRetries: defaultMaxRetries,
	}
	for _, option := range options {
		option(transport)
	}
	return &Client{newResources(transport)}
}

// Option of a client.
type Option func(*transport)

// WithHTTPClient uses a client other than http.DefaultClient.
func WithHTTPClient(client *http.Client) Option {
	return func(transport *transport) { transport.http = client }
}

// WithTimeout bounds each try, its answer included. It is 30 seconds where nothing is said.
func WithTimeout(timeout time.Duration) Option {
	return func(transport *transport) { transport.timeout = timeout }
}

// WithMaxRetries says how often a request is sent again at the most. It is 3 where nothing is said.
func WithMaxRetries(retries int) Option {
	return func(transport *transport) { transport.maxRetries = retries }
}

// CallOption is what a single call may set for itself.
type CallOption func(*settings)

type settings struct {
	timeout    time.Duration
	maxRetries int
	header     http.Header
}

// CallTimeout bounds each try of this call.
func CallTimeout(timeout time.Duration) CallOption {
	return func(settings *settings) { settings.timeout = timeout }
}

// CallMaxRetries says how often this call is sent again at the most.
func CallMaxRetries(retries int) CallOption {
	return func(settings *settings) { settings.maxRetries = retries }
}

// CallHeader sends a header field with this call.
func CallHeader(name, value string) CallOption {
	return func(settings *settings) { settings.header.Set(name, value) }
}

// Seq is a sequence whose error, where there is one, comes last. From Go 1.23 on, range goes over
// it; before that, it is called with what is to be done with each entry.
type Seq[T any] func(yield func(T, error) bool)

// Ptr is a pointer to a value, for fields that may be left out.
func Ptr[T any](value T) *T { return &value }
