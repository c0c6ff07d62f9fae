// Makes the calls that the conformance run asks for, one JSON document a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"posthorn"
)

type command struct {
	BaseURL    string                     `json:"base_url"`
	APIKey     string                     `json:"api_key"`
	TimeoutMs  *int64                     `json:"timeout_ms"`
	MaxRetries *int                       `json:"max_retries"`
	Call       string                     `json:"call"`
	Path       []string                   `json:"path"`
	Body       json.RawMessage            `json:"body"`
	RawBody    *string                    `json:"raw_body"`
	Query      map[string]json.RawMessage `json:"query"`
	Options    map[string]json.RawMessage `json:"options"`
	Take       *int                       `json:"take"`

	Verify           string            `json:"verify"`
	Secret           any               `json:"secret"`
	Headers          map[string]string `json:"headers"`
	WebhookBody      string            `json:"-"`
	ToleranceSeconds *int64            `json:"tolerance_seconds"`
	Now              *int64            `json:"now"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		answer := map[string]any{}
		value, err := run(lines.Bytes())
		if err != nil {
			answer["error"] = describe(err)
		} else {
			answer["value"] = value
		}
		line, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}

func run(line []byte) (any, error) {
	var command command
	if err := json.Unmarshal(line, &command); err != nil {
		return nil, err
	}
	if command.Verify != "" {
		if err := json.Unmarshal(command.Body, &command.WebhookBody); err != nil {
			return nil, err
		}
		return verify(command)
	}
	options := []posthorn.Option{}
	if command.TimeoutMs != nil {
		options = append(options, posthorn.WithTimeout(time.Duration(*command.TimeoutMs)*time.Millisecond))
	}
	if command.MaxRetries != nil {
		options = append(options, posthorn.WithMaxRetries(*command.MaxRetries))
	}
	client := posthorn.New(command.BaseURL, command.APIKey, options...)
	group, name, _ := strings.Cut(command.Call, ".")
	method := find(reflect.ValueOf(client.Resources), group, name)
	if !method.IsValid() {
		return nil, fmt.Errorf("there is no %s", command.Call)
	}
	arguments, err := command.arguments(method.Type())
	if err != nil {
		return nil, err
	}
	results := method.Call(arguments)
	if command.Take != nil {
		return take(results[0], *command.Take)
	}
	if err, _ := results[len(results)-1].Interface().(error); err != nil {
		return nil, err
	}
	if len(results) == 1 {
		return nil, nil
	}
	return results[0].Interface(), nil
}

func find(resources reflect.Value, group, name string) reflect.Value {
	isGroup := func(field string) bool { return strings.EqualFold(field, group) }
	api := resources.FieldByNameFunc(isGroup)
	if !api.IsValid() {
		return reflect.Value{}
	}
	for index := 0; index < api.NumMethod(); index++ {
		if strings.EqualFold(api.Type().Method(index).Name, name) {
			return api.Method(index)
		}
	}
	return reflect.Value{}
}

func (command command) arguments(method reflect.Type) ([]reflect.Value, error) {
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	path := command.Path
	for index := 1; index < method.NumIn()-1; index++ {
		kind := method.In(index)
		value := reflect.New(kind)
		switch {
		case kind.Kind() == reflect.String:
			value.Elem().SetString(path[0])
			path = path[1:]
		case kind.Kind() == reflect.Pointer && strings.HasSuffix(kind.Elem().Name(), "Params"):
			params := reflect.New(kind.Elem())
			for _, members := range []map[string]json.RawMessage{command.Query, command.Options} {
				if err := fill(params.Elem(), members); err != nil {
					return nil, err
				}
			}
			value.Elem().Set(params)
		case command.RawBody != nil:
			value.Elem().Set(reflect.ValueOf([]byte(*command.RawBody)))
		case command.Body != nil:
			if err := json.Unmarshal(command.Body, value.Interface()); err != nil {
				return nil, err
			}
			setNulls(value.Elem(), command.Body)
		}
		arguments = append(arguments, value.Elem())
	}
	return arguments, nil
}

func fill(params reflect.Value, members map[string]json.RawMessage) error {
	for name, text := range members {
		name = strings.ReplaceAll(name, "_", "")
		field := params.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
		if !field.IsValid() {
			return fmt.Errorf("there is no parameter %s", name)
		}
		if err := json.Unmarshal(text, field.Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}

// For encoding/json a null is a nil pointer, which means nothing was said.
func setNulls(value reflect.Value, text []byte) {
	members := map[string]json.RawMessage{}
	for value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct || json.Unmarshal(text, &members) != nil {
		return
	}
	for index := 0; index < value.NumField(); index++ {
		name, _, _ := strings.Cut(value.Type().Field(index).Tag.Get("json"), ",")
		field := value.Field(index)
		if string(members[name]) != "null" || field.Kind() != reflect.Pointer {
			continue
		}
		null := reflect.New(field.Type().Elem())
		null.Elem().FieldByName("IsNull").SetBool(true)
		field.Set(null)
	}
}

// Calls the sequence as range would from Go 1.23 on.
func take(sequence reflect.Value, count int) (any, error) {
	taken := []any{}
	var failure error
	yield := func(arguments []reflect.Value) []reflect.Value {
		if err, _ := arguments[1].Interface().(error); err != nil {
			failure = err
		} else {
			taken = append(taken, arguments[0].Interface())
		}
		return []reflect.Value{reflect.ValueOf(failure == nil && len(taken) != count)}
	}
	sequence.Call([]reflect.Value{reflect.MakeFunc(sequence.Type().In(0), yield)})
	if failure != nil {
		return nil, failure
	}
	for index, entry := range taken {
		if event, isEvent := entry.(posthorn.StreamEvent); isEvent {
			taken[index] = map[string]any{"event": event.Event, "id": event.ID, "data": event.Data}
		}
	}
	return taken, nil
}

func verify(command command) (any, error) {
	verifier := posthorn.Verifier{}
	switch secret := command.Secret.(type) {
	case string:
		verifier.Secrets = []string{secret}
	case []any:
		for _, one := range secret {
			verifier.Secrets = append(verifier.Secrets, one.(string))
		}
	}
	if command.ToleranceSeconds != nil {
		verifier.Tolerance = time.Duration(*command.ToleranceSeconds) * time.Second
	}
	if command.Now != nil {
		verifier.Now = func() time.Time { return time.Unix(*command.Now, 0) }
	}
	header := http.Header{}
	for name, value := range command.Headers {
		header.Set(name, value)
	}
	body := []byte(command.WebhookBody)
	if command.Verify == "hub" {
		return map[string]any{"payload": json.RawMessage(body)}, verifier.VerifyHub(header, body)
	}
	webhook, err := verifier.Verify(header, body)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{
		"id": webhook.ID, "timestamp": webhook.Timestamp.Unix(), "payload": webhook.Payload, "event_type": nil,
	}
	if webhook.EventType != "" {
		answer["event_type"] = webhook.EventType
	}
	return answer, nil
}

func describe(err error) map[string]any {
	var api *posthorn.APIError
	var connection *posthorn.ConnectionError
	var verification *posthorn.VerificationError
	switch {
	case errors.As(err, &api):
		answer := map[string]any{
			"kind": "api", "status": api.StatusCode, "detail": api.Detail, "request_id": api.RequestID,
		}
		if api.Code != "" {
			answer["code"] = api.Code
		}
		answer["errors"] = append([]posthorn.ProblemItem{}, api.Errors...)
		return answer
	case errors.As(err, &connection) && connection.IsTimeout:
		return map[string]any{"kind": "timeout"}
	case errors.As(err, &connection):
		return map[string]any{"kind": "connection"}
	case errors.As(err, &verification):
		return map[string]any{"kind": "verification", "reason": verification.Reason}
	}
	return map[string]any{"kind": "other", "message": err.Error()}
}
