// Connects the flows, and moves their bytes as the sockets become ready.
#include "probe/load/bulk_flows.h"

#include <algorithm>
#include <random>

#include "system/thread.h"

namespace sockbox::probe {
namespace {

// Of one call. Larger ones take no less CPU and make the others wait longer.
constexpr std::size_t block_bytes = std::size_t{64} << 10;

net::Result<std::vector<net::Socket>> connect_all(const net::Endpoint& server,
                                                  const BulkOptions& options) {
    std::vector<net::Socket> sockets;
    for (std::size_t i = 0; i < options.flows; ++i) {
        auto socket = net::start_connect(server, options.connect);
        if (!socket)
            return net::fail(socket.error());
        sockets.push_back(std::move(*socket));
    }
    const auto failure = [&](std::errc reason) {
        return net::fail(
            {net::platform::error_of(reason), "connect to", server.to_string(), {}, {}});
    };
    for (net::Socket& socket : sockets) {
        const auto ready = net::wait_for(socket, net::Direction::send, options.connect.deadline,
                                         options.connect.stop);
        if (ready != net::Readiness::ready)
            return failure(ready == net::Readiness::stopped ? std::errc::operation_canceled
                                                            : std::errc::timed_out);
        if (const auto connected = net::finish_connect(socket, server); !connected)
            return net::fail(connected.error());
        if (const auto set = socket.set_blocking(false); !set)
            return net::fail(set.error());
    }
    return sockets;
}

// Nothing on the path can compress it.
void fill_with_noise(std::span<std::byte> bytes) {
    std::minstd_rand random;
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random() >> 8U); });
}

}  // namespace

net::Result<std::unique_ptr<BulkFlows>> BulkFlows::start(const net::Endpoint& server,
                                                         const BulkOptions& options) {
    auto over = net::StopSignal::create();
    if (!over)
        return net::fail(over.error());
    auto sockets = connect_all(server, options);
    if (!sockets)
        return net::fail(sockets.error());
    std::unique_ptr<BulkFlows> flows(new BulkFlows(server, std::move(*over), std::move(*sockets)));
    if (const auto watched = flows->watch(); !watched)
        return net::fail(watched.error());
    auto thread = net::start_thread([flows = flows.get()] { flows->run(); });
    if (!thread)
        return net::fail(thread.error());
    flows->thread_ = std::move(*thread);
    return flows;
}

BulkFlows::BulkFlows(const net::Endpoint& server, net::StopSignal over,
                     std::vector<net::Socket> sockets)
    : server_(server),
      over_(std::move(over)),
      flows_(sockets.size()),
      outgoing_(block_bytes),
      incoming_(block_bytes) {
    for (std::size_t i = 0; i < sockets.size(); ++i)
        flows_[i].socket = std::move(sockets[i]);
    fill_with_noise(outgoing_.bytes());
}

BulkFlows::~BulkFlows() {
    over_.raise();
    if (thread_.joinable())
        thread_.join();
    for (Flow& flow : flows_)
        flow.socket.abort();
}

net::Status BulkFlows::watch() {
    auto poll = LanePoll::create(over_.waitable());
    if (!poll)
        return net::fail(poll.error());
    poll_ = std::move(*poll);
    for (Flow& flow : flows_)
        if (auto watched =
                poll_->update(flow.watched, {&flow, flow.socket.native(), 1, POLLIN | POLLOUT});
            !watched)
            return watched;
    return {};
}

BulkFlows::Broken BulkFlows::broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
}

void BulkFlows::run() {
    while (!over_.raised())
        for (const LanePoll::Ready& ready : poll_->wait(net::no_deadline))
            turn(*static_cast<Flow*>(ready.owner), ready.events);
}

// One block each way, so that no flow keeps the others waiting.
void BulkFlows::turn(Flow& flow, short events) {
    if ((events & ~POLLOUT) != 0) {
        const net::Transfer got = flow.socket.receive(incoming_.bytes());
        if (got.end() || got.failed())
            return give_up(flow, "receive", got.error);
        received_ += got.bytes;
    }
    if ((events & POLLOUT) == 0)
        return;
    const net::Transfer sent = flow.socket.send(outgoing_.bytes());
    if (sent.failed())
        return give_up(flow, "send", sent.error);
    sent_ += sent.bytes;
}

void BulkFlows::give_up(Flow& flow, std::string_view action, const std::error_code& code) {
    (void)poll_->update(flow.watched, {});
    flow.socket.abort();
    const std::lock_guard lock(mutex_);
    if (broken_.flows++ == 0)
        broken_.first = {code,
                         std::string(action),
                         server_.to_string(),
                         code ? "" : "the server closed the connection",
                         {}};
}

}  // namespace sockbox::probe
