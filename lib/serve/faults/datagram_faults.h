// Faults of a UDP server: replies dropped, modified, duplicated, reordered or delayed.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "net/datagram_batch.h"
#include "serve/faults/faults.h"

namespace sockbox::serve {

// Holds replies until they are due. At most 4096 replies and 16 MiB are held; replies beyond that,
// those that would wait longer than a second for the throttled line, and those for which memory
// runs out are dropped. Decisions depend only on the seed and the number of
// the datagram. For one thread.
class DatagramFaults {
  public:
    explicit DatagramFaults(std::shared_ptr<const Faults> faults);

    // Takes a reply to be sent on `socket`, which must not move until its replies have been taken.
    // Returns false if the reply is dropped.
    bool add(const net::Socket& socket, const net::BatchedDatagram& reply,
             net::Deadline now) noexcept;

    // When the next reply is due; no_deadline if there is none.
    net::Deadline next_due() const noexcept;

    struct Reply {
        const net::Socket* socket = nullptr;
        net::BatchedDatagram datagram;  // its data is `bytes`
        std::vector<std::byte> bytes;
        bool copy = false;  // a duplicate
    };
    // Removes the next reply that is due; returns false if there is none.
    bool take_due(net::Deadline now, Reply& reply);
    // Removes the next reply of this socket, due or not.
    bool take_any(const net::Socket& socket, Reply& reply);

  private:
    using Queue = std::multimap<net::Deadline, Reply>;

    bool add_or_throw(const net::Socket& socket, const net::BatchedDatagram& reply,
                      net::Deadline now);
    bool hold(Reply&& reply, net::Deadline due) noexcept;
    void release_swapped(net::Deadline due);
    net::Deadline throttled(net::Deadline due) const;
    void occupy_line(net::Deadline due, std::size_t bytes);
    void take(Queue::iterator entry, Reply& reply);

    std::shared_ptr<const Faults> faults_;
    FaultDice dice_;
    Queue queue_;
    std::size_t bytes_ = 0;                   // in queue_
    Queue::iterator swapped_ = queue_.end();  // waits for the next reply
    net::Deadline free_{};                    // when the throttled line is free again
};

}  // namespace sockbox::serve
