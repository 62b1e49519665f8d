// Fuzzes STAMP packets: what is read is written unchanged, and reflecting stays within bounds.
#include "net/stamp_extensions.h"

#include <algorithm>
#include <vector>

#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;
namespace stamp = net::stamp;

namespace {

void read_and_write(std::span<const std::byte> packet) {
    const auto question = stamp::read_question(packet);
    const auto answer = stamp::read_answer(packet);
    require(question.has_value() == (packet.size() >= stamp::min_question_bytes));
    require(answer.has_value() == (packet.size() >= stamp::min_answer_bytes));
    require(stamp::read_returned_question(packet).has_value() || packet.size() < 38);
    if (!question)
        return;
    std::vector<std::byte> again(stamp::packet_bytes);
    stamp::write(*question, again);
    require(std::equal(again.begin(), again.begin() + stamp::min_question_bytes, packet.begin()));
    if (answer) {
        stamp::write(*answer, again);
        require(std::equal(again.begin(), again.begin() + 38, packet.begin()));
        require(again[40] == packet[40]);
    }
    const auto error = stamp::decode_error(question->error);
    require(error.bound.count() >= 0);
    const std::chrono::nanoseconds near = std::chrono::seconds(1'800'000'000);
    for (const auto format : {stamp::Format::ntp, stamp::Format::ptp}) {
        const auto time = stamp::decode_time(question->time, format, near);
        require(std::chrono::abs(time - near) < std::chrono::hours(24 * 365 * 69));
    }
}

void reflect(std::vector<std::byte> packet, stamp::Mode mode, const net::HmacKey* key) {
    const auto before = packet;
    stamp::Reflection reflection;
    reflection.traffic_class = 0xb9;
    reflection.source = net::Endpoint::loopback(net::Family::ipv6, 1);
    reflection.destination = net::Endpoint::loopback(net::Family::ipv4, 2);
    reflection.counts = {0, 7, 8};
    reflection.key = key;
    const auto reflected = stamp::reflect_extensions(packet, mode, reflection);
    require(!reflected.wanted_dscp || *reflected.wanted_dscp < 64);
    require(packet.size() == before.size());
    if (!reflected.hmac.empty()) {
        stamp::write_hmac(packet, mode, reflected.hmac, *key, 0);
        require(stamp::are_extensions_signed(packet, mode, *key));
    }
    std::span<std::byte> rest = std::span(packet).subspan(stamp::size_of(mode));
    while (const auto extension = stamp::next_extension(rest))
        require(extension->value.size() <= before.size() && extension->header.size() == 4);
    require(rest.size() < stamp::extension_header_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    read_and_write(bytes);
    // The same bytes as extensions (TLVs) after an empty packet.
    std::vector<std::byte> packet(stamp::packet_bytes);
    packet.insert(packet.end(), bytes.begin(), bytes.end());
    reflect(packet, stamp::Mode::open, nullptr);
    packet.insert(packet.begin(), stamp::authenticated_bytes - stamp::packet_bytes, std::byte{0});
    static const auto key = net::HmacKey::create(std::as_bytes(std::span("key")));
    reflect(packet, stamp::Mode::authenticated, &*key);
    require(stamp::read_answer(packet, stamp::Mode::authenticated).has_value());
    (void)stamp::read_source(bytes);
    const std::string_view text(fuzz::text_of(data, size));
    if (const auto secret = net::parse_key(text))
        require(!secret->empty() && secret->size() <= net::max_key_bytes);
    return 0;
}
