// Composes STAMP test packets and evaluates the reflected ones.
#include "probe/lanes/stamp_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sockbox::probe {
namespace {

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

}  // namespace

std::size_t min_stamp_size(bool with_dscp) {
    return stamp::packet_bytes + (with_dscp ? stamp::class_of_service_bytes : 0);
}

bool stamp_size_fits(std::size_t size, bool with_dscp) {
    const std::size_t least = min_stamp_size(with_dscp);
    return size == least || size >= least + stamp::extension_header_bytes;
}

StampForm::StampForm(const StampFormOptions& options, std::uint64_t first_sequence)
    : options_(options),
      first_sequence_(first_sequence),
      clock_(options.format, net::clock_quality()),
      counts_(options.stateful) {
    directions_.synchronized = clock_.estimate().synchronized;
}

void StampForm::write(std::uint64_t index, Probe& probe, std::span<std::byte> into) {
    const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
    probe.stamp = now.count();
    stamp::write(stamp::SenderPacket{static_cast<std::uint32_t>(first_sequence_ + index),
                                     clock_.encode(now), error_, 0},
                 into);
    auto rest = into.subspan(stamp::packet_bytes);
    if (options_.dscp) {
        stamp::write_class_of_service({*options_.dscp, 0, 0}, rest);
        rest = rest.subspan(stamp::class_of_service_bytes);
    }
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
    for (const auto& question : {stamp::read_returned_question(got), stamp::read_question(got)}) {
        if (!question)
            continue;
        const auto index = window.find(question->sequence, first_sequence_, 32);
        if (index && is_question_of(*question, window.at(*index)))
            return index;
    }
    return std::nullopt;
}

bool StampForm::is_foreign(std::size_t length) const {
    return length >= stamp::min_answer_bytes;
}

std::string StampForm::why_unknown(std::size_t length) const {
    return fmt::format("a reply of {} is too short for STAMP, which takes {} or more",
                       length == 1 ? "1 byte" : fmt::format("{} bytes", length),
                       stamp::min_answer_bytes);
}

Objection StampForm::objection(std::uint64_t /*index*/, const Probe& probe,
                               std::span<const std::byte> got, std::size_t length) {
    const auto answer = stamp::read_answer(got);
    if (!answer)
        return {why_unknown(length)};
    if (!is_question_of(answer->question, probe))
        return {
            "our own packet came back unchanged: the server is an echo server, not a STAMP "
            "reflector"};
    if (answer->question.error != error_)
        return {"the reply does not repeat the packet that it answers"};
    return {};
}

void StampForm::on_answer(std::uint64_t index, const Probe& probe, const DatagramReply& reply) {
    const auto answer = stamp::read_answer(reply.data);
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
    read_extensions(reply.data);
}

// A stateless reflector copies our sequence number. A stateful one may send the same number too,
// until a packet is lost on the way to it.
void StampForm::note_count(std::uint64_t index, const stamp::Answer& answer) {
    ++answered_;
    asked_ = std::max(asked_, index + 1);
    counts_ = counts_ || answer.sequence != answer.question.sequence;
    counted_ = std::max(counted_, widen(answer.sequence, counted_) + 1);
}

void StampForm::read_extensions(std::span<const std::byte> got) {
    if (!options_.dscp || directions_.dscp_there || got.size() < min_stamp_size(true))
        return;
    // Our TLV comes first. A reflector that does not support it sets its U flag (RFC 8972, section
    // 4) or returns it unchanged.
    std::array<std::byte, stamp::class_of_service_bytes> copy{};
    std::ranges::copy(got.subspan(stamp::packet_bytes, copy.size()), copy.begin());
    std::span<std::byte> rest(copy);
    const auto extension = stamp::next_extension(rest);
    if (extension->type == stamp::class_of_service && extension->flags == 0 && extension->whole)
        directions_.dscp_there = stamp::read_class_of_service(extension->value).received_dscp;
}

// If nothing was lost, the loss is 0 in both directions, even without a count by the reflector.
void StampForm::record_loss(stats::Directions& directions, bool any_lost) const {
    if (!any_lost && answered_ > 0)
        directions.forward.lost = directions.backward.lost = 0;
    if (!any_lost || has_new_session_)
        return;  // a reflector counts each session by itself
    const std::uint64_t sent = asked_ - std::min(asked_, unsent_);
    if (!counts_ || counted_ > sent || answered_ > counted_)
        return;  // it does not count, or its count includes packets before our session
    directions.forward.lost = sent - counted_;
    directions.backward.lost = counted_ - answered_;
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
