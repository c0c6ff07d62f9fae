package posthorn

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	firstWait = 250 * time.Millisecond
	maxWait   = 8 * time.Second
	// A Retry-After beyond this is for the caller to wait for.
	maxRetryAfter = time.Minute
)

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// The two errors of status 503 say that nothing was done.
func isWorthRetrying(err *APIError, isRepeatable bool) bool {
	isUntouched := err.Code == "overloaded" || err.Code == "shutting_down"
	// What holds the key is another's transaction, which ends.
	isKeyInUse := err.StatusCode == http.StatusConflict && err.Code == "idempotency_key_in_use"
	return err.StatusCode == http.StatusTooManyRequests || isKeyInUse ||
		(err.StatusCode == http.StatusServiceUnavailable && (isRepeatable || isUntouched))
}

// False where the server asks for more than a minute. Tries count from 1.
func waitBefore(tries int, retryAfter string) (time.Duration, bool) {
	backOff := maxWait
	if tries < 6 {
		backOff = firstWait << (tries - 1)
	}
	backOff = time.Duration(float64(backOff) * (0.5 + random()/2))
	retryAfter = strings.TrimSpace(retryAfter)
	if retryAfter == "" {
		return backOff, true
	}
	var asked time.Duration
	if decimal.MatchString(retryAfter) {
		// Digits without end are infinite, and beyond what is waited for.
		seconds, _ := strconv.ParseFloat(retryAfter, 64)
		if seconds > maxRetryAfter.Seconds() {
			return 0, false
		}
		asked = time.Duration(math.Ceil(seconds)) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		asked = time.Until(at)
	} else {
		return backOff, true
	}
	if asked > maxRetryAfter {
		return 0, false
	}
	if asked < 0 {
		asked = 0
	}
	return asked + backOff/10, true
}

// From 0 up to 1. Before Go 1.20, math/rand gives every process the same numbers.
func random() float64 {
	var bytes [8]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		return 0.5
	}
	return float64(binary.BigEndian.Uint64(bytes[:])>>11) / (1 << 53)
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
