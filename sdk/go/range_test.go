//go:build go1.23

package posthorn

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The module's own Go is older than ranges over functions; those of its users need not be.
func TestRangeGoesOverAllPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Query().Get("cursor") == "" {
			response.Write([]byte(`{"data":[{"id":"1"},{"id":"2"}],"next_cursor":"next"}`))
			return
		}
		response.Write([]byte(`{"data":[{"id":"3"}],"next_cursor":null}`))
	}))
	defer server.Close()
	ids := ""
	for event, err := range New(server.URL, "").Events.Iterate(context.Background(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		ids += event.ID
	}
	if ids != "123" {
		t.Errorf("went over %q", ids)
	}
}
