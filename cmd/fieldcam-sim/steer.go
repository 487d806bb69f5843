package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// steerSocket is where a running demonstration takes orders.
const steerSocket = "demo.sock"

// things are what can be cut in the demonstration.
var things = []string{"network", "cloud", "power", "camera"}

func newCut(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:       "cut network|cloud|power|camera",
		Short:     "Cut something in the running demonstration",
		Long:      "Cut the network, the cloud (kill the hub), the controller's power (kill the\ndaemon, switch off the camera), or the camera alone (it falls silent).",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: things,
		RunE: func(c *cobra.Command, a []string) error {
			return steer(c.Context(), c.OutOrStdout(), *dir, order{Thing: a[0], Cut: true})
		},
	}
}

func newRestore(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:       "restore network|cloud|power|camera",
		Short:     "Bring back what was cut in the running demonstration",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: things,
		RunE: func(c *cobra.Command, a []string) error {
			return steer(c.Context(), c.OutOrStdout(), *dir, order{Thing: a[0]})
		},
	}
}

// order is what the commands send to the demonstration.
type order struct {
	Thing string `json:"thing"`
	Cut   bool   `json:"cut"`
}

func (o order) String() string {
	if o.Cut {
		return o.Thing + " cut"
	}
	return o.Thing + " restored"
}

// steer sends o to the demonstration in dir.
func steer(ctx context.Context, w io.Writer, dir string, o order) error {
	path := filepath.Join(dir, steerSocket)
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", "http://demo/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no demonstration runs in %s: start it with \"make demo\"", dir)
	} else if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(text)))
	}
	_, err = w.Write(text)
	return err
}

// takeOrders serves the commands until ctx ends; each order is carried out by do.
func takeOrders(ctx context.Context, dir string, do func(order) error) error {
	path := filepath.Join(dir, steerSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("open the demonstration's socket: %w", err)
	}
	server := &http.Server{ReadTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(io.LimitReader(r.Body, 4<<10)).Decode(&o); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := do(o); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, o)
	})}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
