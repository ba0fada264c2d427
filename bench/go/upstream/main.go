// Upstream is the server behind every proxy of the bench: one thread, one epoll, no allocation per request, so
// that the core it shares with wrk is not the bottleneck.
//
// It listens on N ports of the loopback that the kernel chooses, prints them as one JSON line, and ends when its
// standard input does. The last path segment of a target says what to answer: a number is that many bytes, `echo`
// is the request head as it arrived, `unchanged` a 304. Every answer carries the token of this run. Request framing is the plainest:
// a head in one buffer, a body only with Content-Length. A datagram to one of its ports comes back behind the token and a blank.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

const (
	bufferBytes = 64 << 10
	maxEvents   = 128
	standardIn  = 0
	// unchangedKey is where the answer to a revalidation is kept: no size of a body.
	unchangedKey = -1
)

var (
	contentLength = []byte("\r\ncontent-length:")
	headEnd       = []byte("\r\n\r\n")
	closingGet    = []byte("GET /closing ")
)

// connection is one accepted socket, reused for the next one with the same descriptor.
type connection struct {
	buffer   [bufferBytes]byte
	filled   int
	skip     int    // bytes of a request body still to come
	pending  []byte // rest of an answer the socket did not take; a shared slice, never written to
	upcoming []byte // answer due once the request body is in
}

type server struct {
	epoll       int
	listeners   map[int32]bool
	datagrams   map[int32]bool
	connections []*connection
	answers     map[int][]byte
	answersAt   int64
	token       string
}

func main() {
	ports := flag.Int("ports", 4, "how many ports to listen on")
	token := flag.String("token", "", "value of X-Bench-Token in every answer")
	flag.Parse()
	epoll, err := syscall.EpollCreate1(0)
	check(err)
	s := &server{epoll: epoll, listeners: map[int32]bool{}, datagrams: map[int32]bool{}, answers: map[int][]byte{}, token: *token}
	numbers := make([]int, *ports)
	for i := range numbers {
		numbers[i] = s.listen()
	}
	s.watch(standardIn, syscall.EPOLLIN, syscall.EPOLL_CTL_ADD)
	check(json.NewEncoder(os.Stdout).Encode(map[string][]int{"ports": numbers}))
	s.serve()
}

func (s *server) listen() int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	check(err)
	check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	check(syscall.Listen(fd, 1024))
	address, err := syscall.Getsockname(fd)
	check(err)
	s.listeners[int32(fd)] = true
	s.watch(fd, syscall.EPOLLIN, syscall.EPOLL_CTL_ADD)
	port := address.(*syscall.SockaddrInet4).Port
	s.listenDatagrams(port)
	return port
}

func (s *server) listenDatagrams(port int) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	check(err)
	check(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}))
	s.datagrams[int32(fd)] = true
	s.watch(fd, syscall.EPOLLIN, syscall.EPOLL_CTL_ADD)
}

func (s *server) echoDatagrams(fd int) {
	var datagram [2048]byte
	head := copy(datagram[:], s.token+" ")
	for {
		n, from, err := syscall.Recvfrom(fd, datagram[head:], 0)
		if err != nil {
			return
		}
		// One that cannot be sent is lost, as datagrams are.
		_ = syscall.Sendto(fd, datagram[:head+n], 0, from)
	}
}

func (s *server) serve() {
	events := make([]syscall.EpollEvent, maxEvents)
	for {
		n, err := syscall.EpollWait(s.epoll, events, -1)
		if err == syscall.EINTR {
			continue
		}
		check(err)
		s.refreshDate()
		for _, event := range events[:n] {
			switch {
			case event.Fd == standardIn:
				s.onInput()
			case s.listeners[event.Fd]:
				s.accept(int(event.Fd))
			case s.datagrams[event.Fd]:
				s.echoDatagrams(int(event.Fd))
			case event.Events&syscall.EPOLLOUT != 0:
				s.onWritable(int(event.Fd))
			default:
				s.onReadable(int(event.Fd))
			}
		}
	}
}

func (s *server) onInput() {
	var scratch [64]byte
	if n, err := syscall.Read(standardIn, scratch[:]); n <= 0 && err != syscall.EAGAIN && err != syscall.EINTR {
		os.Exit(0)
	}
}

func (s *server) accept(listener int) {
	for {
		fd, _, err := syscall.Accept4(listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		check(syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
		for len(s.connections) <= fd {
			s.connections = append(s.connections, nil)
		}
		if s.connections[fd] == nil {
			s.connections[fd] = &connection{}
		}
		c := s.connections[fd]
		c.filled, c.skip, c.pending, c.upcoming = 0, 0, nil, nil
		s.watch(fd, syscall.EPOLLIN, syscall.EPOLL_CTL_ADD)
	}
}

func (s *server) onReadable(fd int) {
	c := s.connections[fd]
	n, err := syscall.Read(fd, c.buffer[c.filled:])
	if n <= 0 {
		if err != syscall.EAGAIN {
			syscall.Close(fd)
		}
		return
	}
	c.filled += n
	for c.filled > 0 && c.pending == nil {
		if c.skip > 0 {
			if !s.skipBody(fd, c) {
				return
			}
			continue
		}
		end := bytes.Index(c.buffer[:c.filled], headEnd)
		if end < 0 {
			if c.filled == bufferBytes {
				syscall.Close(fd)
			}
			return
		}
		s.onRequest(fd, c, end+len(headEnd))
	}
}

// skipBody drops what has come of a body and answers when it is complete.
func (s *server) skipBody(fd int, c *connection) bool {
	take := c.skip
	if take > c.filled {
		take = c.filled
	}
	copy(c.buffer[:], c.buffer[take:c.filled])
	c.filled -= take
	c.skip -= take
	if c.skip > 0 {
		return false
	}
	answer := c.upcoming
	c.upcoming = nil
	return s.send(fd, c, answer)
}

func (s *server) onRequest(fd int, c *connection, end int) {
	head := c.buffer[:end]
	answer := s.answerTo(head)
	isLast := isClosing(head)
	c.skip = bodyLength(head)
	copy(c.buffer[:], c.buffer[end:c.filled])
	c.filled -= end
	if c.skip > 0 {
		c.upcoming = answer
		return
	}
	if s.send(fd, c, answer) && isLast {
		c.filled = 0
		syscall.Close(fd)
	}
}

// isClosing tells whether this request is to be the last of its connection, whatever is between the client and us.
func isClosing(head []byte) bool {
	return bytes.HasPrefix(head, closingGet)
}

func (s *server) send(fd int, c *connection, answer []byte) bool {
	n, err := syscall.Write(fd, answer)
	if err != nil && err != syscall.EAGAIN {
		c.filled = 0
		syscall.Close(fd)
		return false
	}
	if n < 0 {
		n = 0
	}
	if n == len(answer) {
		return true
	}
	c.pending = answer[n:]
	s.watch(fd, syscall.EPOLLOUT, syscall.EPOLL_CTL_MOD)
	return false
}

func (s *server) onWritable(fd int) {
	c := s.connections[fd]
	n, err := syscall.Write(fd, c.pending)
	if err != nil {
		if err != syscall.EAGAIN {
			syscall.Close(fd)
		}
		return
	}
	if c.pending = c.pending[n:]; len(c.pending) == 0 {
		c.pending = nil
		s.watch(fd, syscall.EPOLLIN, syscall.EPOLL_CTL_MOD)
	}
}

func (s *server) watch(fd int, events uint32, operation int) {
	check(syscall.EpollCtl(s.epoll, operation, fd, &syscall.EpollEvent{Events: events, Fd: int32(fd)}))
}

// answerTo reads the last path segment of the target.
func (s *server) answerTo(head []byte) []byte {
	line := head[:bytes.IndexByte(head, '\r')]
	target := line[bytes.IndexByte(line, ' ')+1:]
	target = target[:bytes.IndexByte(target, ' ')]
	if query := bytes.IndexByte(target, '?'); query >= 0 {
		target = target[:query]
	}
	last := target[bytes.LastIndexByte(target, '/')+1:]
	if string(last) == "echo" {
		return s.compose("200 OK", head)
	}
	if string(last) == "unchanged" {
		return s.unchanged()
	}
	if string(last) == "closing" {
		return s.compose("200 OK\r\nConnection: close", bytes.Repeat([]byte("x"), 50))
	}
	size := 0
	for _, digit := range last {
		if digit < '0' || digit > '9' || size > 64<<20 {
			return s.compose("404 Not Found", nil)
		}
		size = size*10 + int(digit-'0')
	}
	answer := s.answers[size]
	if answer == nil {
		answer = s.compose("200 OK", bytes.Repeat([]byte("x"), size))
		s.answers[size] = answer
	}
	return answer
}

// unchanged is the answer to a revalidation: a head with neither length nor body.
func (s *server) unchanged() []byte {
	answer := s.answers[unchangedKey]
	if answer == nil {
		date := time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
		answer = []byte(fmt.Sprintf("HTTP/1.1 304 Not Modified\r\nDate: %s\r\nETag: \"5f0c8a1e-32\"\r\n"+
			"Cache-Control: no-cache\r\nX-Bench-Token: %s\r\n\r\n", date, s.token))
		s.answers[unchangedKey] = answer
	}
	return answer
}

// compose makes a head as real servers send it, Date included.
func (s *server) compose(status string, body []byte) []byte {
	date := time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	head := fmt.Sprintf("HTTP/1.1 %s\r\nDate: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
		"Cache-Control: no-cache\r\nX-Bench-Token: %s\r\n\r\n", status, date, len(body), s.token)
	return append([]byte(head), body...)
}

// refreshDate lets the answers be made anew once a second; those still being sent keep their bytes.
func (s *server) refreshDate() {
	if now := time.Now().Unix(); now != s.answersAt {
		s.answersAt = now
		s.answers = map[int][]byte{}
	}
}

// bodyLength looks for Content-Length only where a body can be expected.
func bodyLength(head []byte) int {
	if head[0] == 'G' || head[0] == 'H' {
		return 0
	}
	at := bytes.Index(bytes.ToLower(head), contentLength)
	if at < 0 {
		return 0
	}
	value := head[at+len(contentLength):]
	value = bytes.TrimSpace(value[:bytes.IndexByte(value, '\r')])
	length, err := strconv.Atoi(string(value))
	check(err)
	return length
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(1)
	}
}
