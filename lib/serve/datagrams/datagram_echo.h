// The UDP echo of RFC 862, made safe against the loops and amplifications that it was famous for.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "net/datagram_batch.h"
#include "net/signals.h"
#include "net/socket.h"
#include "serve/faults/datagram_faults.h"
#include "serve/limits/access_list.h"
#include "serve/limits/reply_budget.h"
#include "serve/status/counter.h"

namespace sockbox::serve {

// What became of the datagrams. Each one received is counted in exactly one other member but
// `overflowed`, which never reached us.
struct DatagramCounters {
    Counter received;
    Counter received_bytes;
    Counter answered;
    Counter dropped_port;         // source port of another service, perhaps an echo too
    Counter dropped_source;       // source is no address of a single host
    Counter dropped_destination;  // sent to a broadcast or multicast address
    Counter dropped_truncated;    // did not arrive whole
    Counter dropped_denied;       // the access list does not allow its source
    Counter dropped_rate;         // its source had its replies of this second
    Counter dropped_form;         // no question that the answers are made from
    Counter dropped_fault;        // its reply was lost on purpose
    Counter unsent;               // the system refused the reply, or memory for it
    Counter overflowed;           // dropped by the system, its receive buffer being full

    // All that were received and not to be answered.
    std::uint64_t dropped() const {
        return dropped_port.value() + dropped_source.value() + dropped_destination.value() +
               dropped_truncated.value() + dropped_denied.value() + dropped_rate.value() +
               dropped_form.value() + dropped_fault.value();
    }
};

// Replies a second to one source address, unless told otherwise: beyond what people do by hand, and
// little enough that two echoes which a forged packet made talk to each other harm nobody.
inline constexpr std::uint64_t default_replies_per_second = 10'000;

// Makes the answer in place of the datagram, by the thread that serves; false where there is none.
// Where it throws std::bad_alloc, the datagram counts as one whose reply the system refused.
using MakeAnswer = std::function<bool(net::BatchedDatagram&)>;

struct DatagramOptions {
    AccessList access;
    std::uint64_t replies_per_second = default_replies_per_second;  // 0: no bound
    bool answer_broadcast = false;         // also what was sent to a broadcast or multicast address
    bool answer_privileged = false;        // also what came from a port from 1 to 1023
    MakeAnswer make_answer{};              // empty: the answer is the datagram itself
    std::shared_ptr<const Faults> faults;  // of datagrams; may be null
};

// A bound UDP socket and how much of its overflow is counted already.
struct DatagramListener {
    net::Socket socket;
    std::uint32_t overflow = 0;
};

// Answers datagrams for any number of sockets; by one thread at a time.
class DatagramEcho {
  public:
    // Both have to outlive it. Fails where memory lacks.
    static net::Result<DatagramEcho> create(const DatagramOptions& options,
                                            DatagramCounters& counters);

    // Answers what waits at the listener, one batch at most, so that a busy socket leaves time for
    // others. Never blocks. Returns how many datagrams it took: 0 means that none waits.
    std::size_t answer(DatagramListener& listener) noexcept;

    // When replies are due that faults hold back, which send_due() then sends; no_deadline while
    // there are none. A listener stays where it is until it was finished.
    net::Deadline next_due() const noexcept;
    void send_due();

    // Answers what has arrived already, for the last time, and sends what is held back.
    void finish(DatagramListener& listener);

  private:
    DatagramEcho(net::DatagramBatch batch, const DatagramOptions& options,
                 DatagramCounters& counters);
    std::size_t remove_unanswerable(std::span<net::BatchedDatagram> datagrams);
    bool answerable(const net::BatchedDatagram& datagram, net::Deadline now);
    std::span<net::BatchedDatagram> make_answers(std::span<net::BatchedDatagram> datagrams);
    bool make_answer(net::BatchedDatagram& datagram) noexcept;
    void hold_back(const DatagramListener& listener, std::span<const net::BatchedDatagram> replies);
    void send_held(const DatagramFaults::Reply& reply);
    void count_overflow(DatagramListener& listener);

    net::DatagramBatch batch_;
    const DatagramOptions* options_;
    DatagramCounters* counters_;
    ReplyBudget budget_;
    std::unique_ptr<DatagramFaults> faults_;  // null where there are none
};

// The connectionless iterative server: readies the bound sockets and answers until `stop` is
// raised, then what has arrived by then. Blocks; fails only where the sockets cannot be readied or
// waited for. `options` and `counters` outlive the call.
net::Status echo_datagrams(std::vector<net::Socket> sockets, const DatagramOptions& options,
                           DatagramCounters& counters, const net::StopSignal& stop);

}  // namespace sockbox::serve
