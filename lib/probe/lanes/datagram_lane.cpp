// Sends datagrams and classifies replies: lost, late, duplicated, reordered, changed or foreign.
#include "probe/lanes/datagram_lane.h"

#include <fmt/format.h>

#include <algorithm>

#include "net/datagram_notices.h"
#include "net/datagram_options.h"
#include "system/result.h"

namespace sockbox::probe {
namespace {

using std::chrono::nanoseconds;
using State = Probe::State;

constexpr std::size_t max_bytes = std::size_t{1} << 20;  // of a batch in each direction
// Below this rate rarely more than one datagram is due at once.
constexpr double rate_of_trains = 50'000;
constexpr int max_batches = 4;              // so that receiving does not starve sending
constexpr std::size_t max_responders = 64;  // one bit each; the last one stands for all others

// Leaves room for more than was sent, so that a lengthened reply is recognized.
std::size_t slot_bytes(std::size_t size) {
    return std::min(size + 64, net::DatagramBatch::longest_datagram);
}

std::size_t slots(const MeasurePlan& plan, std::size_t size) {
    constexpr std::size_t few = 4;
    if (plan.rate <= 0)
        return few;  // one is awaited at a time, perhaps with some late ones
    const std::size_t room = max_bytes / slot_bytes(size);
    return std::clamp<std::size_t>(plan.turns > 0 ? std::max(room / plan.turns, few) : room, 1,
                                   net::DatagramBatch::max_slots);
}

}  // namespace

net::Result<std::shared_ptr<net::DatagramBatch>> make_batch(const MeasurePlan& plan,
                                                            std::size_t size) {
    auto batch = net::DatagramBatch::create(slots(plan, size), slot_bytes(size));
    if (!batch)
        return net::fail(batch.error());
    return std::make_shared<net::DatagramBatch>(std::move(*batch));
}

net::Result<std::unique_ptr<Lane>> DatagramLane::create(const MeasurePlan& plan, Measured& measured,
                                                        std::unique_ptr<DatagramForm> form,
                                                        DatagramSocket socket,
                                                        const DatagramLaneOptions& options) {
    DatagramLaneOptions own = options;
    if (own.batch == nullptr) {
        auto batch = make_batch(plan, form->size());
        if (!batch)
            return net::fail(batch.error());
        own.batch = std::move(*batch);
        if (plan.rate >= rate_of_trains)
            own.batch->send_in_trains();
    }
    return std::unique_ptr<Lane>(
        new DatagramLane(plan, measured, std::move(form), std::move(socket), own));
}

DatagramLane::DatagramLane(const MeasurePlan& plan, Measured& measured,
                           std::unique_ptr<DatagramForm> form, DatagramSocket socket,
                           const DatagramLaneOptions& options)
    : plan_(plan),
      measured_(measured),
      form_(std::move(form)),
      server_(std::move(socket)),
      options_(options),
      by_port_(options.source_port != 0 ? &measured.numbers.by_source_port[options.source_port]
                                        : nullptr),
      silence_(plan.timeout),
      window_(plan),
      batch_(*options_.batch),
      queue_room_(is_open_loop() ? batch_.slots() : 1),
      outgoing_(form_->size() * queue_room_),
      dropped_before_(net::dropped_on_arrival(server_.socket).value_or(0)) {
    queue_.reserve(queue_room_);
    measured_.numbers.distinguishable = form_->tells_apart();
}

net::Deadline DatagramLane::next_expiry() const {
    if (window_.outstanding() == 0)
        return others_until_;
    return std::min(others_until_, net::deadline_after(window_.at(window_.oldest_awaited()).origin,
                                                       plan_.timeout));
}

void DatagramLane::take(const Message& message, net::Clock::time_point now) {
    Probe probe;
    probe.message = message;
    probe.origin = is_open_loop() ? message.due : now;
    const auto room = std::span(outgoing_).subspan(queue_.size() * form_->size(), form_->size());
    form_->write(window_.next(), probe, room);
    window_.add(probe);
    net::BatchedDatagram datagram;
    datagram.data = room;
    if (!server_.connected)
        datagram.peer = server_.peer;
    if (options_.to_many)
        others_until_ = net::deadline_after(now, plan_.timeout);
    queue_.push_back(datagram);
    if (queue_.size() == queue_room_)
        flush();
}

// A pending error on a UDP socket belongs to an earlier datagram, yet it makes the next send fail
// (udp(7)). Clear it and send again, unless a firewall on this host has reported the refusal of
// this very datagram.
void DatagramLane::flush() {
    std::size_t done = 0;
    int tries = 0;
    const std::uint64_t first = first_queued();
    while (done < queue_.size()) {
        unsent_from_ = first + done;
        std::error_code error;
        const std::size_t sent =
            batch_.send_until_error(server_.socket, std::span(queue_).subspan(done), error);
        for (std::size_t i = 0; i < sent; ++i)
            count_sent(first + done + i);
        done += sent;
        unsent_from_ = first + done;
        if (sent > 0)
            tries = 0;
        if (!error)
            continue;
        const bool full = net::platform::would_block(error.value());
        const Notices notices = take_notices();
        const bool of_earlier = notices.of_sent || (tries == 0 && !notices.of_unsent);
        if (!full && of_earlier && ++tries < 4)
            continue;
        if (full)
            error = net::platform::error_of(std::errc::no_buffer_space);
        refuse(first + done, {error, "send", {}, {}, {}});
        ++done;
        tries = 0;
    }
    queue_.clear();
    unsent_from_ = window_.next();
    // Take the send timestamp now. It is there already unless a slow device still holds the
    // datagram, and left in the error queue it would wake poll(2) with POLLERR.
    if (server_.stamped && !is_open_loop())
        take_notices(window_.next() - 1);
}

void DatagramLane::count_sent(std::uint64_t index) {
    if (!window_.at(index).message.counted)
        return;
    ++measured_.numbers.sent;
    if (by_port_ != nullptr)
        ++by_port_->sent;
    measured_.numbers.sent_bytes += form_->size();
}

// Counts a datagram that could not be sent.
void DatagramLane::refuse(std::uint64_t index, const net::Error& error) {
    if (window_.at(index).state == State::awaited)
        window_.settle(index, State::unused);
    form_->on_unsent();
    measured_.failed(error);
    measured_.unsent(plan_, window_.at(index).message, error);
    if (by_port_ != nullptr && window_.at(index).message.counted)
        ++by_port_->lost;
    if (server_.stamped && !is_open_loop())
        restart_stamps();
}

// Kernel versions differ in whether a failed send uses up a timestamp number
// (SOF_TIMESTAMPING_OPT_ID), so start numbering again from the next datagram.
void DatagramLane::restart_stamps() {
    (void)net::enable_timestamps(server_.socket, net::Stamps::arrivals);
    server_.stamped =
        net::enable_timestamps(server_.socket, net::Stamps::arrivals_and_sends).has_value();
    stamps_from_ = window_.next();
}

void DatagramLane::on_ready(int events, net::Clock::time_point ready_at,
                            std::span<std::byte> /*room*/) {
    if ((events & POLLERR) != 0)
        take_notices();
    for (int batches = 0; batches < max_batches; ++batches) {
        std::error_code error;
        const auto got = batch_.receive(server_.socket, error);
        const ReceiveTimes taken{net::Clock::now(),
                                 std::chrono::system_clock::now().time_since_epoch(), ready_at};
        for (const net::BatchedDatagram& datagram : got)
            take_datagram(datagram, taken);
        if (error)
            take_notices();
        else if (got.size() < batch_.slots())
            return;
    }
}

// Takes all notices, or only those up to the send timestamp of the probe `last`, which saves a
// system call.
DatagramLane::Notices DatagramLane::take_notices(std::optional<std::uint64_t> last) {
    Notices taken;
    bool is_last = false;
    while (!is_last) {
        const auto notice = net::take_notice(server_.socket);
        if (!notice)
            break;
        if (notice->left) {
            const auto index = window_.find(notice->left->number, 0 - stamps_from_, 32);
            if (index)
                window_.at(*index).left = notice->left->at;
            is_last = index && index == last;
        }
        // If this host refuses to send, the call that sends fails as well.
        const bool is_own = notice->error && !notice->error->sender;
        std::optional<std::uint64_t> about;
        if (notice->error && !is_own) {
            silence_.end(net::Clock::now());
            measured_.failed({notice->error->code, "icmp", {}, net::to_text(*notice->error), {}});
            about = form_->find(std::as_bytes(std::span(notice->error->datagram)), window_);
        }
        const bool is_unsent = is_own || (about && *about >= unsent_from_);
        (is_unsent ? taken.of_unsent : taken.of_sent) = true;
        if (about && !is_unsent)
            give_up(*about);
    }
    return taken;
}

// A datagram that the network reports as undeliverable will not be answered: do not wait for it.
void DatagramLane::give_up(std::uint64_t index) {
    if (window_.at(index).state != State::awaited)
        return;
    if (window_.at(index).message.counted)
        ++measured_.numbers.undelivered;
    lose(index, net::Clock::now());
}

void DatagramLane::lose(std::uint64_t index, net::Clock::time_point now) {
    const Probe& probe = window_.at(index);
    if (probe.message.counted && form_->tells_apart())
        measured_.lost(now, probe.origin, probe.message.sequence);
    else if (probe.message.counted)
        measured_.lost(now, probe.origin);
    if (probe.message.counted && by_port_ != nullptr)
        ++by_port_->lost;
    window_.settle(index, State::lost);
}

void DatagramLane::take_datagram(const net::BatchedDatagram& datagram, const ReceiveTimes& taken) {
    const auto index = form_->find(datagram.data, window_);
    if (!index || window_.at(*index).state == State::unused)
        return take_unknown(datagram);
    silence_.end(taken.at);
    if (!is_expected(datagram.peer))
        return misdirected(*index, datagram, taken);
    const Objection objection =
        plan_.verify ? form_->objection(*index, window_.at(*index), datagram.data, datagram.length)
                     : Objection{};
    if (!objection.reason.empty())
        return reject(*index, objection, datagram, taken);
    if (form_->tells_apart())
        return answer(*index, datagram, taken);
    answer_any(*index, datagram, taken);
}

// Other hosts may send anything to our port, which says nothing about the server.
void DatagramLane::take_unknown(const net::BatchedDatagram& datagram) {
    if (!is_expected(datagram.peer) || form_->is_foreign(datagram.length)) {
        ++measured_.numbers.foreign;
        return;
    }
    ++measured_.numbers.mismatched;
    const std::string reason = form_->why_unknown(datagram.length);
    measured_.failed({{}, "receive", {}, reason, {}});
    report_reply(datagram, {}, {}, "corrupted: " + reason);
}

// On a connected socket, the system accepts only datagrams from the server.
bool DatagramLane::is_expected(const net::Endpoint& responder) const {
    return options_.to_many || server_.connected || responder == server_.peer;
}

void DatagramLane::misdirected(std::uint64_t index, const net::BatchedDatagram& datagram,
                               const ReceiveTimes& taken) {
    if (!spoil(index, taken) || !window_.at(index).message.counted)
        return;
    ++measured_.numbers.misdirected;
    measured_.failed({{}, "receive", {}, unexpected_address(datagram.peer, server_.peer), {}});
    report_reply(datagram, window_.at(index).message.sequence, {}, "from an unexpected address");
}

// What is not the echo is not received.
void DatagramLane::reject(std::uint64_t index, const Objection& objection,
                          const net::BatchedDatagram& datagram, const ReceiveTimes& taken) {
    const Message& message = window_.at(index).message;
    const bool spoiled = spoil(index, taken);
    if (!message.counted)
        return;
    measured_.numbers.spoiled += spoiled ? 1 : 0;
    ++measured_.numbers.mismatched;
    measured_.failed({{}, "receive", {}, objection.reason, {}});
    const auto sequence = form_->tells_apart() ? std::optional(message.sequence) : std::nullopt;
    report_reply(datagram, sequence, {},
                 "corrupted: " + (objection.detail.empty() ? objection.reason : objection.detail));
}

// Gives up an awaited probe, since who sends this will not send a better reply; returns whether it
// did. Another host may still answer a broadcast.
bool DatagramLane::spoil(std::uint64_t index, const ReceiveTimes& taken) {
    if (window_.at(index).state != State::awaited || options_.to_many)
        return false;
    lose(index, taken.at);
    window_.at(index).state = State::spoiled;
    return true;
}

// It is not known which of the probes this answers.
void DatagramLane::answer_any(std::uint64_t index, const net::BatchedDatagram& datagram,
                              const ReceiveTimes& taken) {
    Probe& probe = window_.at(index);
    if (options_.to_many)
        (void)is_repeated(probe, datagram);
    if (probe.state != State::awaited)
        return;
    window_.settle(index, State::answered);
    if (!probe.message.counted)
        return;
    measured_.numbers.received_bytes += datagram.length;
    measured_.answered(taken.at, std::nullopt);
    if (by_port_ != nullptr)
        ++by_port_->received;
    report_reply(datagram, {}, {});
}

// The time from the probe's origin to the arrival of the reply. If the kernel timestamped both
// ends, it is the time between the timestamps, unless that contradicts our own monotonic clock:
// then the wall clock was set in between.
nanoseconds DatagramLane::time_of(const Probe& probe, const net::BatchedDatagram& datagram,
                                  const ReceiveTimes& taken) const {
    const nanoseconds seen = taken.at - probe.origin;
    if (!server_.stamped || !datagram.arrived)
        return seen;
    nanoseconds stamped = seen;
    if (is_open_loop())
        stamped = seen - (taken.wall - *datagram.arrived);
    else if (probe.left)
        stamped = *datagram.arrived - *probe.left;
    return stamped.count() > 0 && stamped <= seen ? stamped : seen;
}

void DatagramLane::answer(std::uint64_t index, const net::BatchedDatagram& datagram,
                          const ReceiveTimes& taken) {
    Probe& probe = window_.at(index);
    const State before = probe.state;
    const nanoseconds time = time_of(probe, datagram, taken);
    const bool is_late =
        before == State::lost || (before == State::awaited && time > plan_.timeout);
    const bool repeated = is_repeated(probe, datagram);
    if (before == State::awaited && is_late)
        lose(index, taken.at);
    else if (before == State::awaited)
        window_.settle(index, State::answered);
    probe.state = State::answered;
    const bool behind = index < highest_;
    highest_ = std::max(highest_, index + 1);
    if (!probe.message.counted)
        return;
    stats::Measurement& numbers = measured_.numbers;
    numbers.received_bytes += datagram.length;
    if (before == State::answered || before == State::spoiled) {
        numbers.duplicated += repeated ? 1 : 0;
        if (!repeated)
            report_reply(datagram, probe.message.sequence, time);
        return;
    }
    numbers.reordered += behind ? 1 : 0;
    if (is_late)
        measured_.late(taken.at);
    else
        answer_in_time(index, datagram, taken, time);
}

void DatagramLane::answer_in_time(std::uint64_t index, const net::BatchedDatagram& datagram,
                                  const ReceiveTimes& taken, nanoseconds time) {
    const Probe& probe = window_.at(index);
    measured_.answered(taken.at, time);
    if (by_port_ != nullptr)
        by_port_->answered(time);
    if (datagram.traffic_class)
        measured_.numbers.ecn_counts_back.record(*datagram.traffic_class);
    measured_.numbers.jitter.record(time);
    if (const nanoseconds seen = taken.at - probe.origin; time < seen)
        measured_.numbers.own_time.record(seen - time);
    else
        measured_.record_unread(taken.at, taken.ready_at, probe.origin);
    form_->on_answer(index, probe,
                     {datagram.data, datagram.length, datagram.arrived.value_or(taken.wall), time,
                      datagram.traffic_class});
    report_reply(datagram, probe.message.sequence, time);
}

// Whether the same responder has answered this probe before.
bool DatagramLane::is_repeated(Probe& probe, const net::BatchedDatagram& datagram) {
    if (!options_.to_many)
        return probe.state == State::answered || probe.state == State::spoiled;
    const std::size_t number = number_of(datagram.peer);
    responder_replies_[number] += probe.message.counted ? 1 : 0;
    const std::uint64_t bit = std::uint64_t{1} << number;
    const bool repeated = (probe.responders & bit) != 0;
    probe.responders |= bit;
    return repeated;
}

std::size_t DatagramLane::number_of(const net::Endpoint& responder) {
    const auto found = std::find(responders_.begin(), responders_.end(), responder);
    if (found != responders_.end())
        return static_cast<std::size_t>(found - responders_.begin());
    if (responders_.size() == max_responders)
        return max_responders - 1;
    responders_.push_back(responder);
    responder_replies_.push_back(0);
    return responders_.size() - 1;
}

void DatagramLane::report_reply(const net::BatchedDatagram& datagram,
                                std::optional<std::uint64_t> sequence,
                                std::optional<nanoseconds> time, std::string objection) const {
    if (!plan_.on_reply)
        return;
    Reply reply{sequence, time, datagram.length, {}, std::move(objection)};
    if (options_.to_many || !is_expected(datagram.peer))
        reply.from = datagram.peer;
    plan_.on_reply(reply);
}

void DatagramLane::expire(net::Clock::time_point now) {
    while (window_.outstanding() > 0 &&
           net::deadline_after(window_.at(window_.oldest_awaited()).origin, plan_.timeout) <= now) {
        lose(window_.oldest_awaited(), now);
        silence_.note_lost();
    }
    // Another socket with the same port would be the same.
    if (options_.reopen && options_.source_port == 0 && silence_.is_long(now))
        (void)reopen(server_.peer, now);
    if (others_until_ <= now)
        others_until_ = net::no_deadline;
}

net::Status DatagramLane::move_to(const net::Endpoint& server) {
    return options_.reopen ? reopen(server, net::Clock::now()) : net::Status();
}

// Replies still under way to the old socket are lost. If there is no new one, such as without a
// route, the old one goes on.
net::Status DatagramLane::reopen(const net::Endpoint& server, net::Clock::time_point now) {
    silence_.end(now);
    if (options_.source_port != 0) {  // it is bound only once
        overflowed_ += overflowed_now();
        dropped_before_ = 0;
        server_.socket.close();
    }
    auto fresh = options_.reopen(server);
    net::Status done = fresh ? net::Status() : net::fail(fresh.error());
    if (!fresh && !server_.socket.valid())
        fresh = options_.reopen(server_.peer);
    if (!fresh)
        return done;
    overflowed_ += overflowed_now();
    server_ = std::move(*fresh);
    ++sockets_used_;
    dropped_before_ = net::dropped_on_arrival(server_.socket).value_or(0);
    stamps_from_ = window_.next();
    form_->on_new_flow();
    return done;
}

std::uint64_t DatagramLane::overflowed_now() const {
    return net::dropped_on_arrival(server_.socket).value_or(dropped_before_) - dropped_before_;
}

void DatagramLane::add_results(Measured& numbers) const {
    numbers.numbers.overflowed += overflowed_ + overflowed_now();
    for (std::size_t i = 0; i < responders_.size(); ++i)
        numbers.responders[i + 1 < max_responders ? responders_[i].to_string() : "others"] +=
            responder_replies_[i];
    form_->add_results(numbers);
}

void DatagramLane::conclude() {
    for (std::uint64_t index = window_.oldest_awaited(); index < window_.next(); ++index)
        if (window_.at(index).state == State::awaited && window_.at(index).message.counted)
            ++measured_.numbers.pending;
    add_results(measured_);
}

}  // namespace sockbox::probe
