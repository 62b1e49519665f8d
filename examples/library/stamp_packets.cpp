// Decodes STAMP packets (RFC 8762): reads their bytes in hexadecimal, a packet on each line.
//
// Usage: stamp_packets sender|reflector <PACKETS
#include <sockbox/net/input.h>
#include <sockbox/net/stamp_extensions.h>
#include <sockbox/text/text.h>
#include <sockbox/text/time.h>
#include <sockbox/text/units.h>

#include <cstdio>

using namespace sockbox::net;
using sockbox::net::stamp::ErrorEstimate;

// The time and what the sender knows of its error.
static std::string to_text(std::uint64_t wire, std::uint16_t error) {
    using std::chrono::system_clock;
    const ErrorEstimate estimate = stamp::decode_error(error);
    const stamp::LocalClock clock(estimate.format, clock_quality());
    const auto now = system_clock::now().time_since_epoch();
    const stamp::Time time = clock.decode(wire, estimate.format, now);
    return format_rfc3339(
               system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(time))) +
           (estimate.synchronized ? ", synchronized" : ", not synchronized") + " within " +
           format_span(estimate.bound);
}

static void print(const stamp::SenderPacket& packet) {
    std::printf("sequence %u\n  sent      %s\n", packet.sequence,
                to_text(packet.time, packet.error).c_str());
}

static void print(const stamp::Answer& answer) {
    std::printf(
        "sequence %u\n  answers   %u, sent %s\n  received  %s\n  sent      %s\n", answer.sequence,
        answer.question.sequence, to_text(answer.question.time, answer.question.error).c_str(),
        to_text(answer.received, answer.error).c_str(), to_text(answer.time, answer.error).c_str());
    std::printf("  hop limit %u\n", answer.hop_limit);
}

// What both kinds of packets may have.
static void print_extensions(std::span<std::byte> rest) {
    while (const auto extension = stamp::next_extension(rest))
        std::printf("  extension %u, flags 0x%02x: %s\n", extension->type, extension->flags,
                    format_hex(extension->value).c_str());
}

static Status decode(bool is_answer) {
    LineReader lines(0, 4096);
    for (;;) {
        const auto line = lines.next();
        if (!line)
            return fail(line.error());
        if (!*line)
            return {};
        std::string_view text = **line;
        auto packet = parse_hex("0x" + std::string(take_word(text, " \t\r\n")));
        if (!packet)
            return fail(packet.error());
        const auto answer = is_answer ? stamp::read_answer(*packet) : std::nullopt;
        const auto question = is_answer ? std::nullopt : stamp::read_question(*packet);
        if (answer)
            print(*answer);
        else if (question)
            print(*question);
        else
            return fail_text("line " + std::to_string(lines.number()) + " is too short");
        if (packet->size() > stamp::packet_bytes)
            print_extensions(std::span(*packet).subspan(stamp::packet_bytes));
    }
}

int main(int argc, char** argv) {
    const std::string_view kind = argc == 2 ? argv[1] : "";
    if (kind != "sender" && kind != "reflector") {
        std::fputs("Usage: stamp_packets sender|reflector <PACKETS\n", stderr);
        return 1;
    }
    if (const auto done = decode(kind == "reflector"); !done) {
        std::fprintf(stderr, "stamp_packets: %s\n", done.error().message().c_str());
        return 3;
    }
}
