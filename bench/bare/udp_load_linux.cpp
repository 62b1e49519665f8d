// A UDP load client that compares every byte, the load for echod: trains of datagrams on many
// sockets.
#include <getopt.h>
#include <netinet/udp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <deque>

#include "load.h"

namespace {

using bare::Clock;

constexpr auto lost_after = std::chrono::milliseconds(250);

struct Options {
    std::size_t port = 0;
    double seconds = 1;
    double warmup = 0;
    std::size_t train = 1;  // datagrams sent at once
    std::size_t sockets = 1;
    std::size_t bytes = 64;  // of a datagram; the first 8 are its number
};

struct Lane {
    int socket = -1;
    std::uint64_t first = 0;  // number of the first datagram of the train
    std::vector<bool> has_come{};
    std::size_t missing = 0;
    Clock::time_point begun{};
};

int connect_to(std::size_t port) {
    const int socket =
        bare::check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    bare::enlarge_buffer(socket, SO_RCVBUFFORCE, SO_RCVBUF);
    const sockaddr_in server = bare::loopback(port);
    bare::check(::connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server),
                "connect");
    return socket;
}

class Loop {
  public:
    Loop(const Options& options, const bare::Window& window)
        : options_(options), window_(window), out_(bare::pages(options.train * options.bytes)) {
        slots_.resize(options.train);
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            parts_.push_back({in_.get() + i * slot_bytes_, options.bytes + 1});
            slots_[i].msg_hdr = {};
        }
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            slots_[i].msg_hdr.msg_iov = &parts_[i];
            slots_[i].msg_hdr.msg_iovlen = 1;
        }
        for (std::size_t i = 0; i < options.sockets; ++i)
            open();
    }

    void run() {
        std::array<epoll_event, 256> events{};
        for (Lane& lane : lanes_)
            send(lane);
        auto sweep = Clock::now() + lost_after;
        for (auto now = Clock::now(); now < window_.end; now = Clock::now()) {
            const int count =
                ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), 50);
            for (int i = 0; i < count; ++i)
                receive(*static_cast<Lane*>(events[static_cast<std::size_t>(i)].data.ptr));
            if (now < sweep)
                continue;
            sweep = now + lost_after;
            replace_lost(now);
        }
    }

    const bare::Histogram& round_trips() const { return round_trips_; }
    std::uint64_t lost() const { return lost_; }

  private:
    void open() {
        Lane& lane = lanes_.emplace_back();
        lane.socket = connect_to(options_.port);
        lane.first = std::uint64_t{lanes_.size()} << 40;
        lane.has_come.resize(options_.train);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &lane;
        bare::check(::epoll_ctl(poller_, EPOLL_CTL_ADD, lane.socket, &event), "epoll_ctl");
    }

    const char* payload(std::uint64_t number) const {
        return pattern_.from(number * bare::Pattern::line);
    }

    // Sends the next train with one system call: the kernel cuts it into datagrams.
    void send(Lane& lane) {
        lane.first += options_.train;
        lane.missing = options_.train;
        lane.has_come.assign(options_.train, false);
        for (std::size_t i = 0; i < options_.train; ++i) {
            const std::uint64_t number = lane.first + i;
            char* datagram = out_.get() + i * options_.bytes;
            std::memcpy(datagram, &number, sizeof number);
            std::memcpy(datagram + sizeof number, payload(number), options_.bytes - sizeof number);
        }
        iovec part{out_.get(), options_.train * options_.bytes};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
        if (options_.train > 1) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_UDP;
            header->cmsg_type = UDP_SEGMENT;
            header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
            const auto size = static_cast<std::uint16_t>(options_.bytes);
            std::memcpy(CMSG_DATA(header), &size, sizeof size);
        }
        lane.begun = Clock::now();
        if (::sendmsg(lane.socket, &message, 0) < 0 && errno != EAGAIN)
            bare::fail("sendmsg");
    }

    void receive(Lane& lane) {
        const int got = ::recvmmsg(lane.socket, slots_.data(), static_cast<unsigned>(slots_.size()),
                                   0, nullptr);
        if (got < 0 && errno == EAGAIN)
            return;
        bare::check(got, "recvmmsg");
        const auto now = Clock::now();
        for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i)
            take(lane, static_cast<const char*>(parts_[i].iov_base), slots_[i].msg_len, now);
        if (lane.missing == 0)
            send(lane);
    }

    void take(Lane& lane, const char* datagram, std::size_t size, Clock::time_point now) {
        std::uint64_t number = 0;
        std::memcpy(&number, datagram, sizeof number);
        if (size != options_.bytes || number >> 40 != lane.first >> 40 ||
            number >= lane.first + options_.train ||
            std::memcmp(datagram + sizeof number, payload(number), size - sizeof number) != 0)
            bare::refuse("received something other than what was sent");
        if (number < lane.first || lane.has_come[number - lane.first])
            return;  // late
        lane.has_come[number - lane.first] = true;
        --lane.missing;
        if (window_.includes(now))
            round_trips_.record(now - lane.begun);
    }

    void replace_lost(Clock::time_point now) {
        for (Lane& lane : lanes_) {
            if (now - lane.begun < lost_after)
                continue;
            lost_ += window_.includes(now) ? lane.missing : 0;
            send(lane);
        }
    }

    const Options& options_;
    const bare::Window window_;
    const bare::Pattern pattern_;
    int poller_ = bare::check(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    std::deque<Lane> lanes_;
    bare::Memory out_;
    std::size_t slot_bytes_ = (options_.bytes / 64 + 1) * 64;
    bare::Memory in_ = bare::pages(options_.train * slot_bytes_);
    std::vector<iovec> parts_;
    std::vector<mmsghdr> slots_;
    bare::Histogram round_trips_;
    std::uint64_t lost_ = 0;
};

Options read(int argc, char** argv) {
    Options options;
    for (int letter = 0; (letter = ::getopt(argc, argv, "t:w:d:")) != -1;) {
        switch (letter) {
            case 't': options.seconds = std::atof(optarg); break;
            case 'w': options.warmup = std::atof(optarg); break;
            case 'd': options.train = bare::number(optarg); break;
            default: std::exit(1);
        }
    }
    if (argc - optind != 2)
        std::exit(1);
    options.port = bare::number(argv[optind]);
    options.sockets = bare::number(argv[optind + 1], 'x');
    options.bytes = bare::number(std::strchr(argv[optind + 1], 'x') + 1);
    if (options.bytes < sizeof(std::uint64_t))
        std::exit(1);
    return options;
}

}  // namespace

// Usage: bare_udp_load [-t SECONDS] [-w WARMUP] [-d TRAIN] PORT SOCKETSxBYTES
// Each socket sends a train of datagrams as soon as the one before has come back. Prints "begin",
// "end" and, after the end of standard input, one line of JSON.
int main(int argc, char** argv) {
    const Options options = read(argc, argv);
    const bare::Window window = bare::window(options.warmup, options.seconds);
    Loop loop(options, window);
    std::jthread thread([&] { loop.run(); });
    const double processor = bare::mark(window);
    thread.join();
    const auto& all = loop.round_trips();
    std::printf(
        "{\"seconds\": %.6f, \"cpu_s\": %.6f, \"lost\": %llu, \"groups\": [{\"messages\": "
        "%llu, \"bytes\": %zu, \"p50_us\": %.3f, \"p99_us\": %.3f}]}\n",
        options.seconds, processor, static_cast<unsigned long long>(loop.lost()),
        static_cast<unsigned long long>(all.count()), options.bytes, all.microseconds(0.5),
        all.microseconds(0.99));
}
