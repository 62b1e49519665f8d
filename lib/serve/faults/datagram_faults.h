// The faults of a UDP echo: which replies are lost, changed, doubled, swapped or late.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "net/datagram_batch.h"
#include "serve/faults/faults.h"

namespace sockbox::serve {

// Holds replies until they are due: so many, and so many bytes, at most; one beyond, or for which
// memory lacks, is lost. Every decision goes by a datagram's number. By one thread.
class DatagramFaults {
  public:
    explicit DatagramFaults(std::shared_ptr<const Faults> faults);

    // A reply on its way out of `socket`, which stays where it is until its replies have left or
    // were dropped. False where it is lost.
    bool add(const net::Socket& socket, const net::BatchedDatagram& reply,
             net::Deadline now) noexcept;

    // When the next reply is due; no_deadline while there is none.
    net::Deadline next_due() const noexcept;

    struct Reply {
        const net::Socket* socket = nullptr;
        net::BatchedDatagram datagram;  // its data is in `bytes`
        std::vector<std::byte> bytes;
        bool copy = false;  // a duplicate
    };
    // Takes out the next reply that is due; false where there is none.
    bool take_due(net::Deadline now, Reply& reply);
    // Takes out the next reply of that socket, due or not.
    bool take_any(const net::Socket& socket, Reply& reply);

  private:
    using Queue = std::multimap<net::Deadline, Reply>;

    bool add_or_throw(const net::Socket& socket, const net::BatchedDatagram& reply,
                      net::Deadline now);
    bool hold(Reply&& reply, net::Deadline due) noexcept;
    void release_swapped(net::Deadline due);
    net::Deadline throttled(net::Deadline due, std::size_t bytes);
    void take(Queue::iterator entry, Reply& reply);

    std::shared_ptr<const Faults> faults_;
    FaultDice dice_;
    Queue queue_;
    std::size_t bytes_ = 0;                   // in the queue
    Queue::iterator swapped_ = queue_.end();  // waits for the one behind it
    net::Deadline free_{};                    // when the throttle lets the next one go
};

}  // namespace sockbox::serve
