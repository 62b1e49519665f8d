// Composes STAMP test packets and evaluates the reflected ones.
#include "probe/lanes/stamp_form.h"

#include <fmt/format.h>

#include <algorithm>

namespace sockbox::probe {
namespace {

// A count that is lower than that of an earlier answer by more than this is not of a packet that
// was overtaken.
constexpr std::uint64_t max_reordering = 64;

namespace stamp = net::stamp;
using std::chrono::nanoseconds;

// Extends a 32-bit counter to 64 bits, given its previous extended value.
std::uint64_t widen(std::uint32_t number, std::uint64_t before) {
    const auto step = static_cast<std::int32_t>(number - static_cast<std::uint32_t>(before));
    return step < 0 && before < static_cast<std::uint64_t>(-std::int64_t{step})
               ? number
               : before + static_cast<std::uint64_t>(std::int64_t{step});
}

// A one-way delay is neither negative nor longer than the round trip, within the clock error.
bool is_possible(nanoseconds delay, nanoseconds rtt, nanoseconds error) {
    return delay >= -error && delay <= rtt + error;
}

// Our packet in the answer of a reflector without a key. That takes it for one of open mode, and so
// for its time the zeros that follow the number (RFC 8762, section 4.2.2).
std::optional<stamp::SenderPacket> read_question_answered_in_the_open(
    std::span<const std::byte> got) {
    const auto question = stamp::read_returned_question(got, stamp::Mode::open);
    return question && question->time == 0 ? question : std::nullopt;
}

}  // namespace

std::size_t min_stamp_size(const StampFormOptions& options) {
    std::size_t size = stamp::size_of(options.mode);
    size += options.dscp ? stamp::class_of_service_bytes : 0;
    size += options.requests.location ? stamp::location_bytes : 0;
    size += options.requests.timestamps ? stamp::timestamp_information_bytes : 0;
    size += options.requests.counts ? stamp::direct_measurement_bytes : 0;
    size += options.requests.follow_up ? stamp::follow_up_bytes : 0;
    const bool any = options.dscp || options.requests.any();
    return size + (any && options.key ? stamp::hmac_extension_bytes : 0);
}

bool stamp_size_fits(std::size_t size, const StampFormOptions& options) {
    const std::size_t least = min_stamp_size(options);
    return size == least || size >= least + stamp::extension_header_bytes;
}

StampForm::StampForm(const StampFormOptions& options, std::uint64_t first_sequence)
    : options_(options),
      first_sequence_(first_sequence),
      clock_(options.format, net::clock_quality()),
      counts_(options.stateful) {
    directions_.synchronized = clock_.estimate().synchronized;
    directions_.reflector.was_asked = options.requests.any();
}

void StampForm::write(std::uint64_t index, Probe& probe, std::span<std::byte> into) {
    const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
    probe.stamp = now.count();
    written_ = index + 1;
    stamp::write(stamp::SenderPacket{static_cast<std::uint32_t>(first_sequence_ + index),
                                     clock_.encode(now), error_, 0},
                 into, options_.mode);
    write_extensions(index, into);
    if (options_.mode == stamp::Mode::authenticated)
        stamp::sign(into, *options_.key);
}

void StampForm::write_extensions(std::uint64_t index, std::span<std::byte> packet) const {
    auto rest = packet.subspan(stamp::size_of(options_.mode));
    const auto take = [&rest](std::size_t bytes) {
        const auto taken = rest.first(bytes);
        rest = rest.subspan(bytes);
        return taken;
    };
    if (options_.dscp)
        stamp::write_class_of_service({*options_.dscp, 0, 0}, take(stamp::class_of_service_bytes));
    if (options_.requests.location)
        stamp::write_location(take(stamp::location_bytes));
    if (options_.requests.timestamps)
        stamp::write_timestamp_information(take(stamp::timestamp_information_bytes));
    if (options_.requests.counts)
        stamp::write_direct_measurement(static_cast<std::uint32_t>(index + 1 - unsent_),
                                        take(stamp::direct_measurement_bytes));
    if (options_.requests.follow_up)
        stamp::write_follow_up(take(stamp::follow_up_bytes));
    if (options_.key && (options_.dscp || options_.requests.any()))
        stamp::write_hmac(packet, options_.mode, take(stamp::hmac_extension_bytes), *options_.key,
                          stamp::unrecognized);
    if (!rest.empty())
        stamp::write_padding(rest);
}

bool StampForm::is_question_of(const stamp::SenderPacket& question, const Probe& probe) const {
    return question.time == clock_.encode(nanoseconds(probe.stamp));
}

// A reflected packet contains our packet's fields in its second half; an ICMP error quotes our
// packet itself.
std::optional<std::uint64_t> StampForm::find(std::span<const std::byte> got,
                                             const ProbeWindow& window) {
    const bool is_open = options_.mode == stamp::Mode::open;
    for (const auto& question :
         {stamp::read_returned_question(got, options_.mode),
          is_open ? stamp::read_question(got) : stamp::read_authenticated(got)}) {
        if (!question)
            continue;
        const auto index = window.find(question->sequence, first_sequence_, 32);
        if (index && is_question_of(*question, window.at(*index)))
            return index;
    }
    const auto question = is_open ? std::nullopt : read_question_answered_in_the_open(got);
    return question ? window.find(question->sequence, first_sequence_, 32) : std::nullopt;
}

bool StampForm::is_foreign(std::size_t length) const {
    return length >= stamp::min_answer(options_.mode);
}

std::string StampForm::why_unknown(std::size_t length) const {
    return fmt::format("a reply of {} is too short for STAMP, which takes {} or more",
                       length == 1 ? "1 byte" : fmt::format("{} bytes", length),
                       stamp::min_answer(options_.mode));
}

Objection StampForm::objection(std::uint64_t /*index*/, const Probe& probe,
                               std::span<const std::byte> got, std::size_t length) {
    const auto answer = stamp::read_answer(got, options_.mode);
    if (options_.mode == stamp::Mode::authenticated &&
        !(answer && is_question_of(answer->question, probe)) &&
        read_question_answered_in_the_open(got))
        return {"the reply is not authenticated: the reflector has no key"};
    if (!answer)
        return {why_unknown(length)};
    if (!is_question_of(answer->question, probe))
        return {
            "our own packet came back unchanged: the server is an echo server, not a STAMP "
            "reflector"};
    if (answer->question.error != error_)
        return {"the reply does not repeat the packet that it answers"};
    if (options_.mode == stamp::Mode::authenticated && !stamp::is_signed(got, *options_.key))
        return {"the HMAC of the reply is wrong: the reflector has another key, or it was changed"};
    return {};
}

void StampForm::on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) {
    const auto answer = stamp::read_answer(reply.data, options_.mode);
    const auto theirs = stamp::decode_error(answer->error);
    const auto sent = probe.left.value_or(nanoseconds(probe.stamp));
    const auto came = clock_.decode(answer->received, theirs.format, reply.arrived);
    const auto left = clock_.decode(answer->time, theirs.format, reply.arrived);
    const nanoseconds forward = came - sent;
    const nanoseconds backward = reply.arrived - left;
    const nanoseconds error = clock_.error_against(theirs);
    directions_.forward.record(forward);
    directions_.backward.record(backward);
    directions_.processing.record(left - came);
    directions_.clock_error = std::max(directions_.clock_error, error);
    directions_.synchronized = directions_.synchronized && theirs.synchronized;
    if (reply.length != options_.size)
        directions_.other_lengths.record(reply.length);
    if (!is_possible(forward, reply.rtt, error) || !is_possible(backward, reply.rtt, error))
        ++directions_.implausible;
    note_count(index, *answer);
    note_traffic_class(reply);
    read_extensions(reply, *answer);
}

// A stateless reflector copies our sequence number. A stateful one may send the same number too,
// until a packet is lost on the way to it.
void StampForm::note_count(std::uint64_t index, const stamp::Answer& answer) {
    const std::uint64_t count = widen(answer.sequence, counted_) + 1;
    if (counts_ && count + max_reordering < counted_)
        begin_session(index);  // the reflector has been started anew
    ++answered_;
    asked_ = std::max(asked_, index + 1);
    counts_ = counts_ || answer.sequence != answer.question.sequence;
    counted_ = std::max(counted_, count);
}

// Of the packets up to the latest that was answered. Nullopt if the reflector does not count, or
// its count includes packets before the session.
std::optional<StampForm::Losses> StampForm::losses_of_session() const {
    const std::uint64_t written = asked_ - session_begin_;
    const std::uint64_t sent = written - std::min(written, unsent_in_session_);
    if (!counts_ || counted_ > sent || answered_ > counted_)
        return std::nullopt;
    return Losses{sent - counted_, counted_ - answered_};
}

// In which direction the packets after the latest answer of the old session were lost is not known.
void StampForm::begin_session(std::uint64_t index) {
    const Losses lost = losses_of_session().value_or(Losses());
    lost_before_.forward += lost.forward;
    lost_before_.backward += lost.backward;
    session_begin_ = asked_ = index;
    answered_ = unsent_in_session_ = counted_ = 0;
}

void StampForm::note_traffic_class(const DatagramReply& reply) {
    if (!reply.traffic_class)
        return;
    directions_.dscp_back = static_cast<std::uint8_t>(*reply.traffic_class >> 2);
    directions_.ecn_back = static_cast<std::uint8_t>(*reply.traffic_class & 0x3);
}

// A reflector that does not support one of them sets its U flag (RFC 8972, section 4), or returns
// it unchanged, with the U flag that we have set.
void StampForm::read_extensions(const DatagramReply& reply, const stamp::Answer& answer) {
    if ((!options_.dscp && !options_.requests.any()) ||
        reply.data.size() < stamp::size_of(options_.mode))
        return;
    copy_.assign(reply.data.begin(), reply.data.end());
    const bool is_verified =
        !options_.key || (reply.data.size() == reply.length &&
                          stamp::are_extensions_signed(copy_, options_.mode, *options_.key));
    if (!is_verified) {
        ++directions_.reflector.unverified;
        return;
    }
    auto rest = std::span(copy_).subspan(stamp::size_of(options_.mode));
    while (const auto extension = stamp::next_extension(rest)) {
        if ((extension->flags & (stamp::malformed | stamp::integrity_failed)) != 0 ||
            !extension->whole)
            break;
        if ((extension->flags & stamp::unrecognized) == 0)
            read_extension(*extension);
    }
    latest_ = answer;
}

void StampForm::read_extension(const stamp::Extension& extension) {
    const auto has = [&](std::uint8_t type, std::size_t bytes) {
        return extension.type == type &&
               extension.value.size() == bytes - stamp::extension_header_bytes;
    };
    stats::ReflectorReport& report = directions_.reflector;
    if (has(stamp::class_of_service, stamp::class_of_service_bytes)) {
        const auto service = stamp::read_class_of_service(extension.value);
        directions_.dscp_there = service.received_dscp;
        directions_.ecn_there = service.received_ecn;
        directions_.ecn_counts_there.record(service.received_ecn);
    } else if (has(stamp::location, stamp::location_bytes)) {
        if (const auto source = stamp::read_source(extension.value))
            report.seen_from = source->to_string();
    } else if (has(stamp::timestamp_information, stamp::timestamp_information_bytes)) {
        const auto info = stamp::read_timestamp_information(extension.value);
        report.clock_source = static_cast<std::uint8_t>(info.source_out);
        report.arrival_method = static_cast<std::uint8_t>(info.method_in);
        report.departure_method = static_cast<std::uint8_t>(info.method_out);
    } else if (has(stamp::direct_measurement, stamp::direct_measurement_bytes)) {
        const auto counts = stamp::read_direct_measurement(extension.value);
        report.received = counts.received;
        report.sent = counts.sent;
    } else if (has(stamp::follow_up_telemetry, stamp::follow_up_bytes)) {
        note_follow_up(stamp::read_follow_up(extension.value));
    }
}

// All 0 from a reflector that keeps no session.
void StampForm::note_follow_up(const stamp::FollowUp& follow_up) {
    if (follow_up.time == 0 || follow_up.sequence != latest_.sequence || latest_.time == 0)
        return;
    const auto format = stamp::decode_error(latest_.error).format;
    const nanoseconds near = std::chrono::system_clock::now().time_since_epoch();
    directions_.reflector.left_later.record(clock_.decode(follow_up.time, format, near) -
                                            clock_.decode(latest_.time, format, near));
}

// If nothing was lost, the loss is 0 in both directions, even without a count by the reflector.
void StampForm::record_loss(stats::Directions& directions, bool any_lost) const {
    if (!any_lost && directions.forward.delay.count() > 0)
        directions.forward.lost = directions.backward.lost = 0;
    if (!any_lost)
        return;
    const auto lost = losses_of_session();
    if (!lost)
        return;
    directions.forward.lost = lost_before_.forward + lost->forward;
    directions.backward.lost = lost_before_.backward + lost->backward;
}

void StampForm::add_results(Measured& numbers) const {
    stats::Directions directions = directions_;
    record_loss(directions, numbers.numbers.lost > 0);
    if (numbers.numbers.directions)
        numbers.numbers.directions->merge(directions);
    else
        numbers.numbers.directions = directions;
}

}  // namespace sockbox::probe
