package posthorn

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// APIError is an error that the service answered with.
type APIError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Code is the stable name of the error; empty where something before the service answered.
	Code ErrorCode
	// Detail is this error, in words.
	Detail string
	// Errors is what is wrong with the request, one entry for each fault.
	Errors []ProblemItem
	// RequestID is what the server's log knows the request by.
	RequestID string
	// Body is the answer's body as it came.
	Body []byte
}

func (err *APIError) Error() string {
	if err.Code == "" {
		return fmt.Sprintf("posthorn: the service answered %d", err.StatusCode)
	}
	return fmt.Sprintf("posthorn: the service answered %d %s: %s", err.StatusCode, err.Code, err.Detail)
}

func newAPIError(response *http.Response, body []byte) *APIError {
	err := &APIError{
		StatusCode: response.StatusCode,
		RequestID:  response.Header.Get("X-Request-Id"),
		Body:       body,
	}
	var problem Problem
	if json.Unmarshal(body, &problem) == nil {
		err.Code, err.Detail = problem.Code, problem.Detail
		err.Errors = problem.Errors
	}
	return err
}

// ConnectionError says that there was no answer, or not all of it.
type ConnectionError struct {
	// IsTimeout says that there was none in time.
	IsTimeout bool
	Cause     error
}

func (err *ConnectionError) Error() string {
	if err.IsTimeout {
		return "posthorn: no answer in time: " + err.Cause.Error()
	}
	return "posthorn: no answer: " + err.Cause.Error()
}

// Unwrap is the cause.
func (err *ConnectionError) Unwrap() error { return err.Cause }
