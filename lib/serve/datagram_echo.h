// The UDP echo of RFC 862, made safe against the loops and amplifications that it was famous for.
#pragma once

#include <span>
#include <vector>

#include "net/datagram_batch.h"
#include "net/socket.h"
#include "net/stop.h"
#include "serve/counter.h"

namespace sockbox::serve {

// What became of the datagrams. Each one received is counted in exactly one other member but
// `overflowed`, which never reached us.
struct DatagramCounters {
    Counter received;
    Counter received_bytes;
    Counter answered;
    Counter dropped_port;         // source port below 1024: another service, perhaps an echo too
    Counter dropped_source;       // source is no address of a single host
    Counter dropped_destination;  // sent to a broadcast or multicast address
    Counter dropped_truncated;    // did not arrive whole
    Counter unsent;               // the system refused the reply
    Counter overflowed;           // dropped by the system, its receive buffer being full
};

// A bound UDP socket and how much of its overflow is counted already.
struct DatagramListener {
    net::Socket socket;
    std::uint32_t overflow = 0;
};

// Answers datagrams for any number of sockets; by one thread at a time.
class DatagramEcho {
  public:
    // `counters` has to outlive it.
    static net::Result<DatagramEcho> create(DatagramCounters& counters);

    // Answers what waits at the listener, one batch at most, so that a busy socket leaves time for
    // others. Never blocks. Returns how many datagrams it took: 0 means that none waits.
    std::size_t answer(DatagramListener& listener);

    // Answers what has arrived already, for the last time.
    void finish(DatagramListener& listener);

  private:
    DatagramEcho(net::DatagramBatch batch, DatagramCounters& counters);
    std::size_t remove_unanswerable(std::span<net::BatchedDatagram> datagrams);
    bool answerable(const net::BatchedDatagram& datagram);
    void count_overflow(DatagramListener& listener);

    net::DatagramBatch batch_;
    DatagramCounters* counters_;
};

// The connectionless iterative server: readies the bound sockets and answers until `stop` is
// raised, then what has arrived by then. Blocks; fails only where the sockets cannot be readied or
// waited for.
net::Status echo_datagrams(std::vector<net::Socket> sockets, DatagramCounters& counters,
                           const net::StopSignal& stop);

}  // namespace sockbox::serve
