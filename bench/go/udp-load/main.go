// UdpLoad is to datagrams what wrk is to requests: a number of clients, each with a socket of its own, that send the next
// datagram when the last one has been answered. One thread, one epoll. A datagram that is not answered within a second
// counts as lost, and its client goes on.
//
// It prints one line, `udp-result ` and the same JSON as our wrk script, and ends.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"syscall"
	"time"
)

const (
	patience  = time.Second
	maxEvents = 128
	// Of the datagram, for the number that tells one from the next.
	numberBytes = 8
)

type client struct {
	fd     int
	number uint64
	sentAt time.Time
}

type result struct {
	Requests   int            `json:"requests"`
	DurationUs int64          `json:"durationUs"`
	Bytes      int64          `json:"bytes"`
	P50Us      int64          `json:"p50Us"`
	P99Us      int64          `json:"p99Us"`
	Errors     map[string]int `json:"errors"`
}

type load struct {
	epoll     int
	clients   map[int32]*client
	datagram  []byte
	latencies []int64
	result    result
}

func main() {
	port := flag.Int("port", 0, "where to send to, on 127.0.0.1")
	connections := flag.Int("connections", 64, "clients")
	seconds := flag.Float64("seconds", 1, "how long")
	size := flag.Int("bytes", 50, "size of a datagram")
	flag.Parse()
	epoll, err := syscall.EpollCreate1(0)
	check(err)
	l := &load{epoll: epoll, clients: map[int32]*client{}, datagram: bytes.Repeat([]byte("x"), *size)}
	l.result.Errors = map[string]int{"connect": 0, "read": 0, "write": 0, "timeout": 0, "status": 0}
	for i := 0; i < *connections; i++ {
		l.open(*port)
	}
	l.run(time.Duration(*seconds * float64(time.Second)))
	l.summarize()
	text, err := json.Marshal(l.result)
	check(err)
	fmt.Printf("udp-result %s\n", text)
}

func (l *load) open(port int) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	check(err)
	check(syscall.Connect(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}))
	check(syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}))
	l.clients[int32(fd)] = &client{fd: fd}
}

func (l *load) run(duration time.Duration) {
	begin := time.Now()
	end := begin.Add(duration)
	looked := begin
	for _, c := range l.clients {
		l.send(c)
	}
	events := make([]syscall.EpollEvent, maxEvents)
	for now := time.Now(); now.Before(end); now = time.Now() {
		n, err := syscall.EpollWait(l.epoll, events, 100)
		if err != nil && err != syscall.EINTR {
			check(err)
		}
		for i := 0; i < n; i++ {
			l.hear(l.clients[events[i].Fd])
		}
		if now.Sub(looked) > patience/10 {
			looked = now
			l.giveUp(now)
		}
	}
	l.result.DurationUs = time.Since(begin).Microseconds()
}

func (l *load) send(c *client) {
	c.number++
	c.sentAt = time.Now()
	binary.LittleEndian.PutUint64(l.datagram, c.number)
	if _, err := syscall.Write(c.fd, l.datagram); err != nil {
		l.result.Errors["write"]++
	}
}

func (l *load) hear(c *client) {
	var answer [2048]byte
	n, err := syscall.Read(c.fd, answer[:])
	if err != nil {
		if err != syscall.EAGAIN {
			l.result.Errors["read"]++
		}
		return
	}
	// The server puts its name in front; an answer to what was given up is not counted.
	at := n - len(l.datagram)
	if at < 0 || binary.LittleEndian.Uint64(answer[at:at+numberBytes]) != c.number {
		return
	}
	l.result.Requests++
	l.result.Bytes += int64(n)
	l.latencies = append(l.latencies, time.Since(c.sentAt).Microseconds())
	l.send(c)
}

func (l *load) giveUp(now time.Time) {
	for _, c := range l.clients {
		if now.Sub(c.sentAt) > patience {
			l.result.Errors["timeout"]++
			l.send(c)
		}
	}
}

func (l *load) summarize() {
	if len(l.latencies) == 0 {
		return
	}
	sort.Slice(l.latencies, func(a, b int) bool { return l.latencies[a] < l.latencies[b] })
	l.result.P50Us = l.latencies[len(l.latencies)/2]
	l.result.P99Us = l.latencies[len(l.latencies)*99/100]
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "udp-load:", err)
		os.Exit(1)
	}
}
