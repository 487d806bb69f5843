// Package linkemu is a radio link on a desk: two network namespaces, far and
// near, joined by an emulated link with a rate, a delay, a queue and loss in
// each direction, and an exact count of the IP packets and bytes that enter it.
// It stands in for the kernel's netem, which many kernels lack.
//
// Promises:
//   - Nothing is left behind, whatever ends the process: the namespaces have no
//     names and the devices no life of their own, so the kernel removes them
//     with the last file descriptor and thread.
//   - No packet gets out of the two namespaces, and none gets in.
//   - A packet counts once, with its whole IP length, when it enters the link:
//     also one that the link then loses. Only IPv4 enters; the rest is ignored,
//     so that no neighbour discovery blurs the count.
//
// It needs root (CAP_NET_ADMIN, CAP_SYS_ADMIN) and /dev/net/tun; Open says so
// with ErrUnavailable where it has not got them.
//
// Out of scope: links that change while they run, and outages: internal/proxy
// does those, on streams.
package linkemu
