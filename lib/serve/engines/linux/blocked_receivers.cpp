// Wakes threads by pthread_kill(3), and sends on their sockets without blocking.
#include "serve/engines/blocked_receivers.h"

#include <pthread.h>

#include <cerrno>
#include <csignal>

#include "serve/engines/readiness/relay.h"

namespace sockbox::serve {
namespace {

extern "C" void do_nothing(int) {}

// An ignored signal interrupts nothing. The handler stays, because a signal may come late.
void handle_wakeups() noexcept {
    struct sigaction before {};
    ::sigaction(SIGURG, nullptr, &before);
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        return;
    struct sigaction action {};
    action.sa_handler = do_nothing;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGURG, &action, nullptr);
}

void hear_wakeups() noexcept {
    sigset_t wakeup;
    ::sigemptyset(&wakeup);
    ::sigaddset(&wakeup, SIGURG);
    ::pthread_sigmask(SIG_UNBLOCK, &wakeup, nullptr);
}

net::Transfer outcome(ssize_t moved) noexcept {
    using State = net::Transfer::State;
    if (moved >= 0)
        return {State::done, static_cast<std::size_t>(moved), {}};
    if (errno == EAGAIN || errno == EINTR)
        return {State::would_block, 0, {}};
    return {State::failed, 0, {errno, std::system_category()}};
}

}  // namespace

net::Transfer Relay::send_at_once(net::Socket& socket, std::span<const std::byte> data) noexcept {
    return outcome(::send(socket.native(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

BlockedReceivers::BlockedReceivers() noexcept {
    handle_wakeups();
}

BlockedReceivers::Stay::Stay(BlockedReceivers& receivers, net::Socket& socket) noexcept
    : receivers_(receivers), socket_(socket), thread_(::pthread_self()) {
    const std::lock_guard lock(receivers.mutex_);
    if (receivers.woken_)
        return;
    hear_wakeups();
    allowed_ = socket.set_blocking(true).has_value();
    if (!allowed_)
        return;
    next_ = receivers.first_;
    if (next_ != nullptr)
        next_->previous_ = this;
    receivers.first_ = this;
}

BlockedReceivers::Stay::~Stay() {
    const std::lock_guard lock(receivers_.mutex_);
    if (!allowed_)
        return;
    (previous_ != nullptr ? previous_->next_ : receivers_.first_) = next_;
    if (next_ != nullptr)
        next_->previous_ = previous_;
    static_cast<void>(socket_.set_blocking(false));
}

// No wakeup is lost: recv(2) looks at the mode of the socket when it begins. If it has not begun by
// then, it does not block; else the signal finds it, and when it is restarted it does not block.
void BlockedReceivers::wake() noexcept {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    for (Stay* stay = first_; stay != nullptr; stay = stay->next_) {
        static_cast<void>(stay->socket_.set_blocking(false));
        ::pthread_kill(stay->thread_, SIGURG);
    }
}

}  // namespace sockbox::serve
