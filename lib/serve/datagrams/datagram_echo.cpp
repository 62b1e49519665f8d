// Decides which datagrams are answered, and answers them.
#include "serve/datagrams/datagram_echo.h"

#include <algorithm>

#include "system/memory.h"

namespace sockbox::serve {
namespace {

// Ports below this belong to services that reply themselves, such as chargen, DNS, NTP or another
// echo: one forged packet from there would start an endless exchange (CERT CA-1996-01,
// CVE-2024-2169).
constexpr std::uint16_t lowest_answered_port = 1024;

// Batches answered in a row before other sockets get a turn.
constexpr int batches_at_once = 4;

// Enough for a full receive buffer of small datagrams, yet a client that keeps sending cannot delay
// shutdown.
constexpr int last_batches = 64;

bool wait_for_any(std::vector<net::PollEntry>& entries, net::Deadline deadline) {
    for (net::PollEntry& entry : entries)
        entry.revents = 0;
    return net::platform::poll(entries, net::poll_timeout(deadline)) >= 0 ||
           net::platform::last_error() == std::errc::interrupted;
}

net::PollEntry readable(net::NativeSocket socket) {
    net::PollEntry entry{};
    entry.fd = socket;
    entry.events = POLLIN;
    return entry;
}

}  // namespace

DatagramEcho::DatagramEcho(net::DatagramBatch batch, const DatagramOptions& options,
                           DatagramCounters& counters)
    : batch_(std::move(batch)),
      options_(&options),
      counters_(&counters),
      budget_(options.replies_per_second) {
    if (options.faults != nullptr && options.faults->concern(net::Transport::udp))
        faults_ = std::make_unique<DatagramFaults>(options.faults);
}

net::Result<DatagramEcho> DatagramEcho::create(const DatagramOptions& options,
                                               DatagramCounters& counters) {
    auto batch = net::DatagramBatch::create();
    if (!batch)
        return net::fail(batch.error());
    return net::unless_out_of_memory("echo", [&]() -> net::Result<DatagramEcho> {
        return DatagramEcho(std::move(*batch), options, counters);
    });
}

net::Status DatagramEcho::prepare(DatagramListener& listener) {
    const auto local = listener.socket.local();
    if (!local)
        return net::fail(local.error());
    own_.push_back(local->unmapped());
    const bool echoes = !options_->make_answer;
    const bool with_local = !echoes || !is_here(own_.back().with_port(0));
    if (auto prepared = net::DatagramBatch::prepare(listener.socket, with_local); !prepared)
        return prepared;
    // Another answer may be larger, and needs the time of arrival of each datagram.
    if (echoes)
        batch_.receive_in_trains(listener.socket);
    return {};
}

// After a single datagram, another one is rarely there yet: its sender waits for the answer.
void DatagramEcho::answer(DatagramListener& listener) noexcept {
    for (int i = 0; i < batches_at_once && answer_batch(listener) > 1; ++i) {
    }
}

std::size_t DatagramEcho::answer_batch(DatagramListener& listener) noexcept {
    std::size_t count = answer_some(listener);
    while (batch_.has_more())
        count += answer_some(listener);
    return count;
}

std::size_t DatagramEcho::answer_some(DatagramListener& listener) noexcept {
    // An error, such as an ICMP message about an earlier reply, is cleared by reading it.
    std::error_code error;
    const auto datagrams = batch_.receive(listener.socket, error);
    count_overflow(listener);
    const auto answerable = make_answers(datagrams.first(remove_unanswerable(datagrams)));
    if (faults_ != nullptr) {
        hold_back(listener, answerable);
        return datagrams.size();
    }
    const std::size_t sent = batch_.send(listener.socket, answerable);
    counters_->answered.add(sent);
    counters_->unsent.add(answerable.size() - sent);
    return datagrams.size();
}

void DatagramEcho::hold_back(const DatagramListener& listener,
                             std::span<const net::BatchedDatagram> replies) {
    const net::Deadline now = net::Clock::now();
    for (const net::BatchedDatagram& reply : replies)
        if (!faults_->add(listener.socket, reply, now))
            counters_->dropped_fault.add();
    send_due();
}

net::Deadline DatagramEcho::next_due() const noexcept {
    return faults_ != nullptr ? faults_->next_due() : net::no_deadline;
}

void DatagramEcho::send_due() {
    const net::Deadline now = net::Clock::now();
    DatagramFaults::Reply reply;
    while (faults_ != nullptr && faults_->take_due(now, reply))
        send_held(reply);
}

// Duplicates are sent too, but each datagram is counted once.
void DatagramEcho::send_held(const DatagramFaults::Reply& reply) {
    const std::size_t sent = batch_.send(*reply.socket, {&reply.datagram, 1});
    if (!reply.copy)
        (sent == 1 ? counters_->answered : counters_->unsent).add();
}

void DatagramEcho::finish(DatagramListener& listener) {
    for (int batches = 0; batches < last_batches && answer_batch(listener) > 0; ++batches) {
    }
    DatagramFaults::Reply reply;
    while (faults_ != nullptr && faults_->take_any(listener.socket, reply))
        send_held(reply);
}

// Moves the answerable datagrams to the front, in order, and returns their number.
std::size_t DatagramEcho::remove_unanswerable(std::span<net::BatchedDatagram> datagrams) {
    std::size_t bytes = 0;
    for (const net::BatchedDatagram& datagram : datagrams)
        bytes += datagram.data.size();
    counters_->received.add(datagrams.size());
    counters_->received_bytes.add(bytes);
    const auto end =
        std::remove_if(datagrams.begin(), datagrams.end(),
                       [this, now = net::Clock::now()](const net::BatchedDatagram& datagram) {
                           return !answerable(datagram, now);
                       });
    return static_cast<std::size_t>(end - datagrams.begin());
}

bool DatagramEcho::is_here(const net::Endpoint& host) const noexcept {
    return std::ranges::find(options_->own_addresses, host) != options_->own_addresses.end();
}

// Whether an answer would come back to this server, or arrive at a server on the same port, which
// would answer in turn: one forged packet would start an endless exchange.
bool DatagramEcho::is_own(const net::Endpoint& peer, const net::Endpoint& local) const noexcept {
    return std::ranges::any_of(own_, [&](const net::Endpoint& own) {
        if (own.port() != peer.port())
            return false;
        if (!options_->answer_own_port || peer == own)
            return true;
        const net::Endpoint host = peer.with_port(0);
        return own.is_unspecified() &&
               (host.is_loopback() || host == local.unmapped() || is_here(host));
    });
}

bool DatagramEcho::answerable(const net::BatchedDatagram& datagram, net::Deadline now) {
    const net::Endpoint peer = datagram.peer.unmapped();
    Counter* reason = nullptr;
    if (!peer.is_unicast())
        reason = &counters_->dropped_source;
    else if (peer.port() < (options_->answer_privileged ? 1 : lowest_answered_port))
        reason = &counters_->dropped_port;
    else if (is_own(peer, datagram.local))
        reason = &counters_->dropped_own;
    else if (!datagram.to_one && !options_->answer_broadcast)
        reason = &counters_->dropped_destination;
    else if (datagram.truncated)
        reason = &counters_->dropped_truncated;
    else if (!options_->access.allows(peer))
        reason = &counters_->dropped_denied;
    else if (!budget_.take(peer, now))
        reason = &counters_->dropped_rate;
    if (reason != nullptr)
        reason->add();
    return reason == nullptr;
}

// Moves the answers to the front, in order.
std::span<net::BatchedDatagram> DatagramEcho::make_answers(
    std::span<net::BatchedDatagram> datagrams) {
    if (!options_->make_answer)
        return datagrams;
    std::size_t made = 0;
    for (net::BatchedDatagram& datagram : datagrams)
        if (make_answer(datagram))
            datagrams[made++] = datagram;
    return datagrams.first(made);
}

bool DatagramEcho::make_answer(net::BatchedDatagram& datagram) noexcept {
    try {
        const Made made = options_->make_answer(datagram);
        if (made == Made::nothing)
            counters_->dropped_form.add();
        if (made == Made::not_authentic)
            counters_->dropped_integrity.add();
        return made == Made::answer;
    } catch (const std::bad_alloc&) {
        counters_->unsent.add();
        return false;
    }
}

void DatagramEcho::count_overflow(DatagramListener& listener) {
    const auto total = batch_.overflow();
    if (!total)
        return;
    // Modulo 2^32, like the kernel's counter.
    counters_->overflowed.add(*total - listener.overflow);
    listener.overflow = *total;
}

net::Status echo_datagrams(std::vector<net::Socket> sockets, const DatagramOptions& options,
                           DatagramCounters& counters, const net::StopSignal& stop) {
    auto echo = DatagramEcho::create(options, counters);
    if (!echo)
        return net::fail(echo.error());
    std::vector<DatagramListener> listeners;
    std::vector<net::PollEntry> entries{readable(stop.waitable())};
    for (net::Socket& socket : sockets) {
        entries.push_back(readable(socket.native()));
        listeners.push_back({std::move(socket)});
        if (auto prepared = echo->prepare(listeners.back()); !prepared)
            return prepared;
    }
    while (!stop.raised()) {
        if (!wait_for_any(entries, echo->next_due()))
            return net::fail_last("poll");
        echo->send_due();
        for (std::size_t i = 0; i < listeners.size(); ++i)
            if (entries[i + 1].revents != 0)
                echo->answer(listeners[i]);
    }
    for (DatagramListener& listener : listeners)
        echo->finish(listener);
    return {};
}

}  // namespace sockbox::serve
