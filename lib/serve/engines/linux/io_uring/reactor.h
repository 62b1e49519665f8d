// One thread's loop over an io_uring: listeners, datagrams and connections.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "serve/datagrams/datagram_echo.h"
#include "serve/engines/linux/io_uring/connection.h"
#include "serve/engines/linux/loops.h"
#include "serve/engines/loop_duties.h"
#include "serve/listeners.h"

namespace sockbox::serve {

// Every method is called from the thread that runs the loop; only the mailbox connects it to
// others.
class RingReactor {
  public:
    // Creates a reactor on the thread that will run it. Fails like Ring::create(), or if memory
    // runs out.
    static net::Result<std::unique_ptr<RingReactor>> create(Service& service, bool datagrams);
    RingReactor(Service& service, std::unique_ptr<Ring> ring);
    RingReactor(const RingReactor&) = delete;
    RingReactor& operator=(const RingReactor&) = delete;
    ~RingReactor();

    void send_clients_to(ClientSink sink) { sink_ = std::move(sink); }

    // Adopts clients from the mailbox until it is closed. It must outlive the reactor.
    net::Status serve_from(Mailbox& mailbox);
    void adopt(Client&& client) noexcept;

    // As in Reactor.
    net::Status run();
    net::Status serve(Listeners listeners);

    // For connections.
    Service& service() noexcept { return service_; }
    Ring& ring() noexcept { return *ring_; }
    net::Deadline now() noexcept { return duties_.now(); }
    net::Deadline drain_deadline() const noexcept { return duties_.drain_deadline(); }
    const Faults* faults() const noexcept { return faults_; }  // of streams; null without faults
    void remove_if_gone(RingConnection& connection);
    BufferPool& pool() noexcept { return pool_; }
    void wait_for_buffer(RingTurn& connection) noexcept { connection.join(waiting_for_buffer_); }
    void give_back(RingBuffer& buffer) noexcept { buffer.home->give_back(buffer); }
    // One that waits for a buffer does not receive, so it need not know whether its send blocks.
    void send_started(RingConnection& connection) noexcept {
        ++sends_;
        if (!connection.awaits_buffer())
            connection.RingTurn::join(started_);
    }
    void send_ended(RingConnection& connection) noexcept {
        --sends_;
        if (!connection.awaits_buffer())
            connection.RingTurn::leave();
    }
    // Makes sure that there is another sweep.
    void check_later() noexcept { check_is_due_ = true; }

  private:
    class Listener;
    class Datagrams;
    class MailboxWatch;
    struct Waker final : Completion {
        void complete(int /*result*/, unsigned /*flags*/) noexcept override {}
    };

    net::Status answer_datagrams(std::vector<net::Socket> udp);
    bool idle() const;
    bool needs_sweep() const;
    net::Deadline next_leave();
    net::Deadline next_deadline();
    net::Status wait(net::Deadline deadline);
    void after_wait();
    void begin_drain();
    void sweep();
    void hand_out_buffers();

    Service& service_;
    const Faults* const faults_;
    ClientSink sink_ = [this](Client&& client) { adopt(std::move(client)); };
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::optional<DatagramEcho> datagram_echo_;
    std::vector<std::unique_ptr<Datagrams>> datagrams_;
    std::unique_ptr<MailboxWatch> mailbox_watch_;
    BufferPool pool_;
    Link waiting_for_buffer_;
    Link started_;  // sends that the kernel does not know yet
    RingConnectionList connections_;
    std::size_t sends_ = 0;  // in progress
    bool check_is_due_ = false;
    Waker waker_;
    LoopDuties duties_;
    // Destroyed first, so that no operation refers to the other members any more.
    std::unique_ptr<Ring> ring_;
};

}  // namespace sockbox::serve
