package posthorn

import (
	"bytes"
	"encoding/json"
)

// Nullable is a value or null, in fields that may be left out as well: a nil *Nullable leaves the
// field out, Null clears it, Set sets it.
type Nullable[T any] struct {
	Value  T
	IsNull bool
}

// Set is a value.
func Set[T any](value T) *Nullable[T] { return &Nullable[T]{Value: value} }

// Null is no value, said aloud.
func Null[T any]() *Nullable[T] { return &Nullable[T]{IsNull: true} }

// MarshalJSON writes the value or null.
func (nullable Nullable[T]) MarshalJSON() ([]byte, error) {
	if nullable.IsNull {
		return []byte("null"), nil
	}
	return json.Marshal(nullable.Value)
}

// UnmarshalJSON reads the value or null.
func (nullable *Nullable[T]) UnmarshalJSON(data []byte) error {
	nullable.IsNull = bytes.Equal(data, []byte("null"))
	if nullable.IsNull {
		return nil
	}
	return json.Unmarshal(data, &nullable.Value)
}
