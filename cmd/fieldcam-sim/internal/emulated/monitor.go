package emulated

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
)

// errGone is what a wait ends with when the emulator has ended.
var errGone = errors.New("the emulator has ended")

// Monitor is QEMU's machine protocol (docs/interop/qmp-spec.rst): the hand that
// pulls cables. Its methods may be called from any goroutine.
type Monitor struct {
	conn    net.Conn
	reader  sync.WaitGroup
	gone    chan struct{} // closed when the emulator has ended
	turn    chan struct{} // holds a token: one command at a time
	answers chan answer

	mu      sync.Mutex // guards events and news
	events  []string   // all that came, in order
	news    chan struct{}
	readErr error // valid once gone is closed
}

// answer is one line of the emulator's that is no event.
type answer struct {
	Greeting json.RawMessage `json:"QMP"`
	Event    string          `json:"event"`
	Return   json.RawMessage `json:"return"`
	Error    *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
}

func newMonitor(conn net.Conn) *Monitor {
	m := &Monitor{conn: conn, gone: make(chan struct{}), turn: make(chan struct{}, 1), answers: make(chan answer), news: make(chan struct{})}
	m.turn <- struct{}{}
	m.reader.Go(func() {
		defer close(m.gone)
		m.readErr = m.read()
	})
	return m
}

// read passes on answers and notes events, until the emulator ends.
func (m *Monitor) read() error {
	s := bufio.NewScanner(m.conn)
	s.Buffer(nil, lineLimit)
	for s.Scan() {
		var a answer
		if err := json.Unmarshal(s.Bytes(), &a); err != nil {
			return fmt.Errorf("monitor: %w", err)
		}
		if a.Event == "" {
			m.answers <- a // each is awaited, or the greeting
			continue
		}
		m.mu.Lock()
		m.events = append(m.events, a.Event)
		close(m.news)
		m.news = make(chan struct{})
		m.mu.Unlock()
	}
	return s.Err()
}

// close ends it, after the emulator.
func (m *Monitor) close() {
	_ = m.conn.Close() // the emulator's end is closed already
	go func() {
		for range m.answers { // the reader may have one that nobody awaits any more
		}
	}()
	m.reader.Wait()
	close(m.answers)
}

// greet waits for the emulator's first words.
func (m *Monitor) greet(ctx context.Context) error {
	a, err := m.answer(ctx)
	if err == nil && a.Greeting == nil {
		err = errors.New("it does not greet")
	}
	if err != nil {
		return fmt.Errorf("monitor: %w", err)
	}
	_, err = m.Do(ctx, "qmp_capabilities", nil)
	return err
}

func (m *Monitor) answer(ctx context.Context) (answer, error) {
	select {
	case a := <-m.answers:
		return a, nil
	case <-m.gone:
		return answer{}, errors.Join(errGone, m.readErr)
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// Do runs one command. A Monitor whose ctx ended in the middle of one is of no
// further use.
func (m *Monitor) Do(ctx context.Context, command string, arguments map[string]any) (json.RawMessage, error) {
	select {
	case <-m.turn:
		defer func() { m.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	b, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("monitor: %s: %w", command, err)
	}
	if _, err := m.conn.Write(append(b, '\n')); err != nil {
		return nil, fmt.Errorf("monitor: %s: %w", command, err)
	}
	a, err := m.answer(ctx)
	if err != nil {
		return nil, fmt.Errorf("monitor: %s: %w", command, err)
	}
	if a.Error != nil {
		return nil, fmt.Errorf("monitor: %s: %s: %s", command, a.Error.Class, a.Error.Desc)
	}
	return a.Return, nil
}

// Happened tells how many events of that name came so far, such as WATCHDOG.
func (m *Monitor) Happened(event string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, e := range m.events {
		if e == event {
			n++
		}
	}
	return n
}

// Await waits until an event of that name has come more than so often.
func (m *Monitor) Await(ctx context.Context, event string, before int) error {
	for {
		m.mu.Lock()
		news := m.news
		m.mu.Unlock()
		if m.Happened(event) > before {
			return nil
		}
		select {
		case <-news:
		case <-m.gone:
			if m.Happened(event) > before {
				return nil
			}
			return fmt.Errorf("wait for %s: %w", event, errGone)
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", event, ctx.Err())
		}
	}
}

// find gives the path of the machine's one device of a type.
func (m *Monitor) find(ctx context.Context, kind string) (string, error) {
	const parent = "/machine/unattached" // the board's own devices
	b, err := m.Do(ctx, "qom-list", map[string]any{"path": parent})
	if err != nil {
		return "", err
	}
	var all []struct{ Name, Type string }
	if err := json.Unmarshal(b, &all); err != nil {
		return "", fmt.Errorf("monitor: list devices: %w", err)
	}
	n := slices.IndexFunc(all, func(d struct{ Name, Type string }) bool { return strings.Contains(d.Type, "<"+kind+">") })
	if n < 0 {
		return "", fmt.Errorf("monitor: this machine has no %s", kind)
	}
	return parent + "/" + all[n].Name, nil
}

// Network plugs the network's cable in, or pulls it.
func (m *Monitor) Network(ctx context.Context, in bool) error {
	_, err := m.Do(ctx, "set_link", map[string]any{"name": networkDevice, "up": in})
	return err
}

// Unplug pulls the USB serial adapter; it is gone when Unplug returns.
func (m *Monitor) Unplug(ctx context.Context) error {
	before := m.Happened("DEVICE_DELETED")
	if _, err := m.Do(ctx, "device_del", map[string]any{"id": usbDevice}); err != nil {
		return err
	}
	return m.Await(ctx, "DEVICE_DELETED", before)
}

// Plug plugs the adapter in again, with the same terminal behind it.
func (m *Monitor) Plug(ctx context.Context) error {
	_, err := m.Do(ctx, "device_add", map[string]any{"driver": "usb-serial", "id": usbDevice, "chardev": usbLine, "always-plugged": true})
	return err
}
