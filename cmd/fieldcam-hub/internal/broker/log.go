package broker

import (
	"fmt"
	"sync"

	"github.com/rs/zerolog"
)

// natsLog takes NATS' log lines. Its notices are many and of no use to an
// operator: they are ours at debug level.
type natsLog struct {
	log zerolog.Logger

	mu   sync.Mutex // guards last
	last error
}

func (l *natsLog) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }
func (l *natsLog) Warnf(format string, v ...any)   { l.log.Warn().Msgf(format, v...) }
func (l *natsLog) Errorf(format string, v ...any)  { l.log.Warn().Msgf(format, v...) }
func (l *natsLog) Debugf(format string, v ...any)  { l.log.Debug().Msgf(format, v...) }
func (l *natsLog) Tracef(format string, v ...any)  { l.log.Trace().Msgf(format, v...) }

// Fatalf keeps the reason: Open returns it, and nobody exits.
func (l *natsLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = fmt.Errorf(format, v...)
}

// fatal is why the server cannot start; nil while it may.
func (l *natsLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
