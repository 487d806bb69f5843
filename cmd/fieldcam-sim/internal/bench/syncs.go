package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// syncPhotos is how many photos more the second run enqueues.
	syncPhotos = 20
	// syncBytes is the size of each: the calls don't depend on it.
	syncBytes = 100_000
	// syncReach: the photo, its directory, and bbolt's two.
	syncReach = 4
	// syncCalls are all the calls by which data gets to a disk on demand.
	syncCalls = "fsync,fdatasync,sync_file_range,syncfs,sync,msync"
)

func syncFigure() measurement {
	return measurement{figure.Figure{
		Name: "sync-calls", Unit: "calls", Reach: figure.AtMost(syncReach),
		What: "fsync and fdatasync calls per photo enqueued",
	}, syncs}
}

// syncs counts the calls of two runs; their difference is without the start.
func syncs(ctx context.Context, l *lab) (figure.Outcome, error) {
	strace, err := blockdev.FindTool("strace")
	if err != nil {
		return figure.Outcome{}, figure.UnavailableError{Why: err}
	}
	var calls [2]map[string]int
	for i := range calls {
		dir, err := l.room("syncs", strconv.Itoa(i))
		if err != nil {
			return figure.Outcome{}, err
		}
		summary := dir + ".strace"
		_, err = call[enqueued](ctx, l, partEnqueue, enqueueOrder{Dir: dir, Photos: (i + 1) * syncPhotos, Bytes: syncBytes}, nil,
			strace, "-f", "-c", "-e", "trace="+syncCalls, "-o", summary)
		if err != nil {
			return figure.Outcome{}, err
		}
		text, err := os.ReadFile(summary)
		if err != nil {
			return figure.Outcome{}, err
		}
		if calls[i], err = parseStrace(string(text)); err != nil {
			return figure.Outcome{}, err
		}
	}
	total := 0
	var kinds []string
	for _, name := range strings.Split(syncCalls, ",") {
		if d := calls[1][name] - calls[0][name]; d != 0 {
			total += d
			kinds = append(kinds, figure.Number(float64(d)/syncPhotos)+" "+name)
		}
	}
	return figure.Outcome{
		Value:  float64(total) / syncPhotos,
		Beside: "floor 1: one fdatasync",
		More: []figure.Row{
			{What: "of these", Measured: strings.Join(kinds, ", "), Beside: "strace of runs with " + fmt.Sprint(syncPhotos, " and ", 2*syncPhotos, " photos")},
		},
	}, nil
}

// parseStrace reads the summary of `strace -c`: the number of calls by name. No
// line at all means that there were none.
func parseStrace(text string) (map[string]int, error) {
	calls := map[string]int{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "%" || strings.HasPrefix(fields[0], "---") || fields[len(fields)-1] == "total" {
			continue
		}
		// % time, seconds, usecs/call, calls, errors (or nothing), syscall
		const callsColumn, least = 3, 5
		if len(fields) < least {
			return nil, fmt.Errorf("strace summary: line %.60q", line)
		}
		n, err := strconv.Atoi(fields[callsColumn])
		if err != nil {
			return nil, fmt.Errorf("strace summary: line %.60q: %w", line, err)
		}
		calls[fields[len(fields)-1]] += n
	}
	return calls, nil
}
