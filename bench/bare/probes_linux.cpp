// A minimal UDP load client, the lower bound for udpecho in an open loop.
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "bare.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t slots = 64;

struct Batch {
    explicit Batch(std::size_t bytes) : room(slots * bytes) {
        for (std::size_t i = 0; i < slots; ++i) {
            parts[i] = {room.data() + i * bytes, bytes};
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
    }

    std::vector<char> room;
    std::array<iovec, slots> parts{};
    std::array<mmsghdr, slots> headers{};
};

int connect_to(std::size_t port) {
    const int client = bare::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    const sockaddr_in server = bare::loopback(port);
    bare::check(::connect(client, reinterpret_cast<const sockaddr*>(&server), sizeof server),
                "connect");
    return client;
}

std::uint64_t receive_all(int client, Batch& batch) {
    std::uint64_t came = 0;
    int got = 0;
    do {
        got = ::recvmmsg(client, batch.headers.data(), slots, MSG_DONTWAIT, nullptr);
        came += static_cast<std::uint64_t>(std::max(got, 0));
    } while (got == static_cast<int>(slots));
    return came;
}

void wait(int client, nanoseconds time) {
    if (time.count() <= 0)
        return;
    pollfd entry{client, POLLIN, 0};
    const timespec limit{0, static_cast<long>(time.count())};
    ::ppoll(&entry, 1, &limit, nullptr);
}

}  // namespace

// Usage: bare_probes PORT BYTES RATE SECONDS. Sends due datagrams in batches of up to 64 with
// sendmmsg(2) and discards replies in batches with recvmmsg(2), without comparing or timing any;
// prints how many were sent and how many came back.
int main(int argc, char** argv) {
    if (argc != 5)
        return 1;
    const int client = connect_to(bare::number(argv[1]));
    const std::size_t bytes = bare::number(argv[2]);
    const nanoseconds gap(static_cast<std::int64_t>(1e9 / std::atof(argv[3])));
    Batch out(bytes);
    Batch in(bytes + 1);
    const auto begin = Clock::now();
    const auto end = begin + nanoseconds(static_cast<std::int64_t>(std::atof(argv[4]) * 1e9));
    auto next = begin;
    std::uint64_t sent = 0;
    std::uint64_t came = 0;
    for (auto now = begin; now < end; now = Clock::now()) {
        if (const auto due = static_cast<std::size_t>(std::max((now - next) / gap, 0L) + 1);
            next <= now) {
            const int put = ::sendmmsg(client, out.headers.data(),
                                       static_cast<unsigned>(std::min(due, slots)), MSG_DONTWAIT);
            sent += static_cast<std::uint64_t>(std::max(put, 0));
            next += std::max(put, 0) * gap;
        }
        came += receive_all(client, in);
        wait(client, next - Clock::now());
    }
    std::printf("%llu %llu\n", static_cast<unsigned long long>(sent),
                static_cast<unsigned long long>(came));
    return 0;
}
