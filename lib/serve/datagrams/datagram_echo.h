// UDP echo (RFC 862) with protection against loops and amplification.
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

// What happened to datagrams. Each received datagram is counted in exactly one other counter,
// except `overflowed`, which counts datagrams that never reached us.
struct DatagramCounters {
    Counter received;
    Counter received_bytes;
    Counter answered;
    Counter dropped_port;         // source port 0, or below 1024 unless answer_privileged
    Counter dropped_own;          // source is this server, or a port that it listens on
    Counter dropped_source;       // source is not a unicast address
    Counter dropped_destination;  // sent to a broadcast or multicast address
    Counter dropped_truncated;    // larger than the buffer
    Counter dropped_denied;       // source denied by the access list
    Counter dropped_rate;         // reply limit of the source exceeded
    Counter dropped_form;         // not in the format that is answered
    Counter dropped_integrity;    // not authentic
    Counter dropped_fault;        // reply dropped by an injected fault
    Counter unsent;               // the system refused the reply, or memory ran out
    Counter overflowed;           // dropped by the kernel because the receive buffer was full

    // Received datagrams that are not answered.
    std::uint64_t dropped() const {
        return dropped_port.value() + dropped_own.value() + dropped_source.value() +
               dropped_destination.value() + dropped_truncated.value() + dropped_denied.value() +
               dropped_rate.value() + dropped_form.value() + dropped_integrity.value() +
               dropped_fault.value();
    }
};

// Replies per second to one source address: more than people generate by hand, and few enough that
// two echo servers looping on a forged packet do no harm.
inline constexpr std::uint64_t default_replies_per_second = 10'000;

// What became of a datagram: its answer, or nothing, because it has another format or is not from
// somebody who knows the key.
enum class Made : std::uint8_t { answer, nothing, not_authentic };

// Replaces the datagram with its answer, unless it has none. Called by the serving thread. If it
// throws std::bad_alloc, the datagram counts as `unsent`.
using MakeAnswer = std::function<Made(net::BatchedDatagram&)>;

struct DatagramOptions {
    AccessList access;
    std::uint64_t replies_per_second = default_replies_per_second;  // 0: unlimited
    bool answer_broadcast = false;   // also answer datagrams sent to broadcast or multicast
    bool answer_privileged = false;  // also answer source ports 1 to 1023
    bool answer_own_port = false;    // also answer other hosts' ports of the same number
    std::vector<net::Endpoint> own_addresses{};  // of this host, with port 0
    MakeAnswer make_answer{};                    // empty: echo the datagram
    std::shared_ptr<const Faults> faults;        // of datagrams; may be null
};

// A bound UDP socket and how much of its overflow has been counted.
struct DatagramListener {
    net::Socket socket;
    std::uint32_t overflow = 0;
};

// Answers datagrams on any number of sockets. For one thread at a time.
class DatagramEcho {
  public:
    // Both arguments must outlive the object. Fails if memory runs out.
    static net::Result<DatagramEcho> create(const DatagramOptions& options,
                                            DatagramCounters& counters);

    // Prepares a bound socket (DatagramBatch::prepare()) and notes its address, which is the
    // server's own. Comes before any answer.
    net::Status prepare(DatagramListener& listener);

    // Answers waiting datagrams, at most a few batches, so that a busy socket does not starve
    // others. Never blocks.
    void answer(DatagramListener& listener) noexcept;

    // When the next reply held back by faults is due; send_due() then sends it. no_deadline if
    // there is none. A listener must not move until finish() has been called.
    net::Deadline next_due() const noexcept;
    void send_due();

    // Answers the datagrams that have already arrived and sends all replies held back.
    void finish(DatagramListener& listener);

  private:
    DatagramEcho(net::DatagramBatch batch, const DatagramOptions& options,
                 DatagramCounters& counters);
    std::size_t answer_batch(DatagramListener& listener) noexcept;
    std::size_t answer_some(DatagramListener& listener) noexcept;
    std::size_t remove_unanswerable(std::span<net::BatchedDatagram> datagrams);
    bool answerable(const net::BatchedDatagram& datagram, net::Deadline now);
    bool is_here(const net::Endpoint& host) const noexcept;
    bool is_own(const net::Endpoint& peer, const net::Endpoint& local) const noexcept;
    std::span<net::BatchedDatagram> make_answers(std::span<net::BatchedDatagram> datagrams);
    bool make_answer(net::BatchedDatagram& datagram) noexcept;
    void hold_back(const DatagramListener& listener, std::span<const net::BatchedDatagram> replies);
    void send_held(const DatagramFaults::Reply& reply);
    void count_overflow(DatagramListener& listener);

    net::DatagramBatch batch_;
    const DatagramOptions* options_;
    DatagramCounters* counters_;
    ReplyBudget budget_;
    std::vector<net::Endpoint> own_;
    std::unique_ptr<DatagramFaults> faults_;  // null without faults
};

// An iterative connectionless server: prepares the bound sockets and answers datagrams until `stop`
// is raised, then those that have arrived by then. Blocks; fails only if the sockets cannot be
// prepared or waited for. `options` and `counters` must outlive the call.
net::Status echo_datagrams(std::vector<net::Socket> sockets, const DatagramOptions& options,
                           DatagramCounters& counters, const net::StopSignal& stop);

}  // namespace sockbox::serve
