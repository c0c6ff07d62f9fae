package posthorn

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The entries of a list, page after page as they are asked for. The member of the answer is the
// one that holds them.
func pages[T any](ctx context.Context, transport *transport, call call, member string, options []CallOption) Seq[T] {
	return func(yield func(T, error) bool) {
		var none T
		for {
			page, err := send[map[string]json.RawMessage](ctx, transport, call, options)
			if err != nil {
				yield(none, err)
				return
			}
			var entries []T
			var next *string
			err = json.Unmarshal((*page)[member], &entries)
			if err == nil {
				err = json.Unmarshal((*page)["next_cursor"], &next)
			}
			if err != nil {
				yield(none, fmt.Errorf("posthorn: the answer is not what was expected: %w", err))
				return
			}
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			call.cursor = *next
		}
	}
}

// StreamEvent is what GET /stream tells: attempt, delivery or skipped.
type StreamEvent struct {
	Event string
	// ID goes on from here, as LastEventID; empty where there is none.
	ID   string
	Data json.RawMessage
}

const (
	maxEventBytes = 1 << 20
	// The service says something every 15 seconds; where it does not, the connection is dead.
	maxSilence = time.Minute
)

// Server-Sent Events as they come. Where the connection ends it reconnects, and what was missed
// comes first. Ends when the context does, or when the service refuses.
func (transport *transport) events(ctx context.Context, call call, options []CallOption) Seq[StreamEvent] {
	return func(yield func(StreamEvent, error) bool) {
		for tries := 1; ; tries++ {
			connection, cancel := context.WithCancel(ctx)
			response, err := transport.open(connection, call, options)
			var lost *ConnectionError
			if err != nil && !errors.As(err, &lost) {
				cancel()
				yield(StreamEvent{}, err)
				return
			}
			if err == nil {
				lines := bufio.NewScanner(response.Body)
				lines.Buffer(nil, maxEventBytes)
				silence := time.AfterFunc(maxSilence, cancel)
				heard := func() { silence.Reset(maxSilence) }
				isWanted := readEvents(lines, heard, func(event StreamEvent) bool {
					tries = 0
					if event.ID != "" {
						options = append(options[:len(options):len(options)], CallHeader("Last-Event-ID", event.ID))
					}
					return yield(event, nil)
				})
				silence.Stop()
				response.Body.Close()
				if !isWanted {
					cancel()
					return
				}
			}
			cancel()
			wait, _ := waitBefore(tries+1, "")
			if err := pause(ctx, wait); err != nil {
				yield(StreamEvent{}, err)
				return
			}
		}
	}
}

// False once no more are wanted.
func readEvents(lines *bufio.Scanner, heard func(), yield func(StreamEvent) bool) bool {
	event := StreamEvent{Event: "message"}
	for lines.Scan() {
		heard()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if event.Data != nil && !yield(event) {
				return false
			}
			event = StreamEvent{Event: "message"}
		case name == "event":
			event.Event = value
		case name == "id":
			event.ID = value
		case name == "data":
			event.Data = append(event.Data, value...)
		}
	}
	return true
}
