// Receives the messages that sock_diag(7) sends to its multicast groups.
#include "inspect/destroyed_sockets.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <utility>

#include "inspect/linux/diag_message.h"
#include "net/linux/netlink_dump.h"
#include "net/object_bytes.h"
#include "net/signals.h"
#include "net/socket.h"
#include "option/value.h"
#include "system/thread.h"

namespace sockbox::net {
namespace {

using Span = std::span<const std::byte>;

// Of the kernel, which counts more than a kilobyte for each message.
constexpr int queue_bytes = 16 * 1024 * 1024;

std::optional<DestroyedSocket> destroyed_in(Span message) {
    const auto header = from_bytes<nlmsghdr>(message);
    constexpr std::size_t attributes_at = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(inet_diag_msg)));
    if (message.size() < attributes_at || header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return std::nullopt;
    const auto body = from_bytes<inet_diag_msg>(message.subspan(NLMSG_HDRLEN));
    const Span attributes = message.subspan(attributes_at);
    const Span protocol = find_attribute(attributes, INET_DIAG_PROTOCOL);
    const Span info = find_attribute(attributes, INET_DIAG_INFO);
    if (protocol.empty())
        return std::nullopt;
    const int number = std::to_integer<int>(protocol[0]);
    DestroyedSocket socket;
    socket.cookie = cookie_in(body.id.idiag_cookie);
    socket.facts = facts_in(body, number == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, number);
    socket.facts.tcp_info.assign(info.begin(), info.end());
    return socket;
}

std::uint16_t port_in(Span message) {
    const auto body = from_bytes<inet_diag_msg>(message.subspan(NLMSG_HDRLEN));
    return ntohs(body.id.idiag_sport);
}

Result<Socket> subscribed() {
    auto socket = Socket::open(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    if (!socket)
        return socket;
    if (!socket->set_option(SOL_SOCKET, SO_RCVBUFFORCE, queue_bytes))
        static_cast<void>(socket->set_option(SOL_SOCKET, SO_RCVBUF, queue_bytes));
    // Without an address of its own, the socket would be taken for the sender.
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (::bind(socket->native(), static_cast<const sockaddr*>(static_cast<const void*>(&address)),
               sizeof address) != 0)
        return fail_last("bind", "a netlink socket");
    for (const int group : {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET_UDP_DESTROY,
                            SKNLGRP_INET6_TCP_DESTROY, SKNLGRP_INET6_UDP_DESTROY})
        if (auto joined = socket->set_option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group); !joined)
            return fail(joined.error());
    return socket;
}

}  // namespace

class DestroyedSockets::Listener {
  public:
    Listener(Socket socket, StopSignal over, std::optional<std::uint16_t> port)
        : socket_(std::move(socket)), over_(std::move(over)), port_(port) {}
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
        over_.raise();
        if (thread_.joinable())
            thread_.join();
    }

    Status start() {
        auto started = start_thread([this] { receive_all(); });
        if (!started)
            return fail(started.error());
        thread_ = std::move(*started);
        return {};
    }

    Taken take() {
        std::vector<Bytes> messages;
        Taken taken;
        {
            const std::lock_guard lock(mutex_);
            messages.swap(messages_);
            taken.lost = std::exchange(lost_, false);
        }
        for (const Bytes& message : messages)
            if (auto socket = destroyed_in(message))
                taken.sockets.push_back(std::move(*socket));
        return taken;
    }

  private:
    void receive_all() {
        std::array<std::byte, 4096> buffer;
        while (wait_for(socket_, Direction::receive, no_deadline, &over_) == Readiness::ready) {
            const auto got = ::recv(socket_.native(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got >= static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))))
                keep(Span(buffer).first(static_cast<std::size_t>(got)));
            else if (got < 0 && errno == ENOBUFS)
                lose();
            else if (got < 0 && errno != EAGAIN && errno != EINTR)
                return lose();
        }
    }

    void keep(Span message) {
        if (port_ && port_in(message) != *port_)
            return;
        const std::lock_guard lock(mutex_);
        if (messages_.size() < max_kept)
            messages_.emplace_back(message.begin(), message.end());
        else
            lost_ = true;
    }

    void lose() {
        const std::lock_guard lock(mutex_);
        lost_ = true;
    }

    const Socket socket_;
    StopSignal over_;
    const std::optional<std::uint16_t> port_;
    std::mutex mutex_;
    std::vector<Bytes> messages_;
    bool lost_ = false;
    std::thread thread_;
};

DestroyedSockets::DestroyedSockets(std::unique_ptr<Listener> listener)
    : listener_(std::move(listener)) {}
DestroyedSockets::DestroyedSockets(DestroyedSockets&&) noexcept = default;
DestroyedSockets& DestroyedSockets::operator=(DestroyedSockets&&) noexcept = default;
DestroyedSockets::~DestroyedSockets() = default;

Result<DestroyedSockets> DestroyedSockets::create(std::optional<std::uint16_t> port) {
    auto socket = subscribed();
    if (!socket)
        return fail(socket.error());
    auto over = StopSignal::create();
    if (!over)
        return fail(over.error());
    auto listener = std::make_unique<Listener>(std::move(*socket), std::move(*over), port);
    if (auto started = listener->start(); !started)
        return fail(started.error());
    return DestroyedSockets(std::move(listener));
}

DestroyedSockets::Taken DestroyedSockets::take() {
    return listener_->take();
}

}  // namespace sockbox::net
