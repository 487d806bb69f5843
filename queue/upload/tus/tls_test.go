package tus_test

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/agent/link/linktest"
	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

func TestTrustsOnlyTheConfiguredAuthority(t *testing.T) {
	bubble(t, func(t *testing.T) {
		network, receiver := linktest.New(), tustest.New()
		l, err := network.Listen("127.0.0.1:443")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewUnstartedServer(receiver)
		server.Listener.Close() // the real one
		server.Listener = l
		server.Config.ErrorLog = quiet
		server.StartTLS()
		t.Cleanup(server.Close)

		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644); err != nil {
			t.Fatal(err)
		}
		m, content := uploadtest.Photo(1, 1<<20)
		for _, test := range []struct {
			config identity.Config
			now    time.Time
			want   string
		}{
			{identity.Config{CAFile: file}, time.Unix(-1e9, 0), "unreachable"}, // a clock before the certificate
			{identity.Config{}, time.Now(), "unreachable"},
			{identity.Config{CAFile: file}, time.Now(), "none"},
		} {
			id, err := identity.Open(test.config, "cam-1", func() time.Time { return test.now })
			if err != nil {
				t.Fatal(err)
			}
			c, err := tus.New(upload.Config{URL: "https://127.0.0.1" + tustest.Path, IdleTimeout: idle},
				tus.Options{Identity: id, Device: "cam-1", DialContext: network.Dial})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			if err := c.Upload(t.Context(), m, bytes.NewReader(content)); kind(err) != test.want {
				t.Errorf("%+v at %v: error %v, want %s", test.config, test.now, err, test.want)
			}
		}
		if f := receiver.Stored()[string(m.ID)]; f.Times != 1 || f.SHA256 != m.SHA256 {
			t.Errorf("filed %+v, want once with %s", f, m.SHA256)
		}
	})
}
