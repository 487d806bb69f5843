package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/pdata/plog"
	metric "go.opentelemetry.io/otel/metric/noop"
	trace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// otelStore is a logs exporter of the OpenTelemetry collector with its
// persistent queue on its file storage extension: each photo is a log record
// with the metadata, the photo a file beside.
//
// The queue has one consumer, which takes a record as soon as there is one:
// that waits for Drain.
type otelStore struct {
	files   folder
	storage extension.Extension
	logs    exporter.Logs
	begun   chan struct{} // the consumer says that it has a record,
	finish  chan struct{} // and, once somebody listens, that it is sent
	holding bool          // Drain has heard of a record that isn't sent
	next    int           // the oldest photo
	put     int           // how many
}

// otelQueue is how many records the queue takes: more than are put.
const otelQueue = 2_000_000

// host is the collector, of which the exporter wants the extensions alone.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

func openOTel(ctx context.Context, dir string) (Store, error) {
	files, err := newFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &otelStore{files: files, begun: make(chan struct{}), finish: make(chan struct{})}
	quiet := component.TelemetrySettings{Logger: zap.NewNop(), TracerProvider: trace.NewTracerProvider(), MeterProvider: metric.NewMeterProvider()}
	factory := filestorage.NewFactory()
	config, ok := factory.CreateDefaultConfig().(*filestorage.Config)
	if !ok {
		return nil, errors.New("file storage has another configuration")
	}
	config.Directory, config.FSync = dir, true
	id := component.NewID(factory.Type())
	s.storage, err = factory.Create(ctx, extension.Settings{ID: id, TelemetrySettings: quiet}, config)
	if err != nil {
		return nil, fmt.Errorf("create file storage: %w", err)
	}
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.StorageID, queue.QueueSize, queue.NumConsumers = &id, otelQueue, 1
	set := exporter.Settings{ID: component.NewID(component.MustNewType("photos")), TelemetrySettings: quiet}
	s.logs, err = exporterhelper.NewLogs(ctx, set, struct{}{}, s.push, exporterhelper.WithQueue(queue),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{})) // none
	if err != nil {
		return nil, fmt.Errorf("create exporter: %w", err)
	}
	h := host{id: s.storage}
	if err := s.storage.Start(ctx, h); err != nil {
		return nil, err
	}
	return s, s.logs.Start(ctx, h)
}

// push is the sending of a record.
func (s *otelStore) push(ctx context.Context, _ plog.Logs) error {
	for _, c := range []chan struct{}{s.begun, s.finish} {
		select {
		case c <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *otelStore) Put(ctx context.Context, i int, bytes int64) error {
	if err := s.files.put(i, bytes); err != nil {
		return err
	}
	r, err := record(i, bytes)
	if err != nil {
		return err
	}
	l := plog.NewLogs()
	l.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body().SetStr(string(r))
	s.put++
	return s.logs.ConsumeLogs(ctx, l)
}

// Drain returns once the next record is begun, or none is left: the queue then
// has done with those before.
func (s *otelStore) Drain(_ context.Context, n int) error {
	limit := time.NewTimer(readLimit)
	defer limit.Stop()
	step := func(c chan struct{}) error {
		select {
		case <-c:
			return nil
		case <-limit.C:
			return errShort
		}
	}
	for range n {
		if !s.holding {
			if err := step(s.begun); err != nil {
				return err
			}
		}
		s.holding = false
		if err := step(s.finish); err != nil {
			return err
		}
		s.next++
		if s.next < s.put {
			if err := step(s.begun); err != nil {
				return err
			}
			s.holding = true
		}
		if err := s.files.remove(s.next - 1); err != nil {
			return err
		}
	}
	return nil
}

func (s *otelStore) Delete(context.Context) error { return nil } // Drain did

// Close lets the consumer send what it holds: the store is not opened again.
func (s *otelStore) Close() error {
	ctx := context.Background()
	ended := make(chan error, 1)
	go func() { ended <- s.logs.Shutdown(ctx) }()
	for {
		select {
		case err := <-ended:
			return errors.Join(err, s.storage.Shutdown(ctx))
		case <-s.begun:
		case <-s.finish:
		}
	}
}
