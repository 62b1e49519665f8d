// DatagramBatch on Linux, by recvmmsg(2), sendmmsg(2) and control messages.
#include "net/datagram_batch.h"

#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <new>
#include <vector>

#include "system/memory.h"

namespace sockbox::net {
namespace {

// Control messages of a datagram: destination, number of drops, three timestamps, the hop limit and
// traffic class, and the size of the datagrams of a train.
constexpr std::size_t control_bytes =
    CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint32_t)) +
    CMSG_SPACE(3 * sizeof(timespec)) + 3 * CMSG_SPACE(sizeof(int));

struct alignas(cmsghdr) Control {
    std::array<char, control_bytes> bytes;
};

struct DatagramSlot {
    iovec part;
    Endpoint name;
    Control control;
};

struct Messages {
    std::vector<mmsghdr> headers;
    std::vector<DatagramSlot> slots;

    explicit Messages(std::size_t count) : headers(count), slots(count) {
        for (std::size_t i = 0; i < count; ++i) {
            msghdr& header = headers[i].msg_hdr;
            header.msg_name = slots[i].name.data();
            header.msg_iov = &slots[i].part;
            header.msg_iovlen = 1;
            header.msg_control = slots[i].control.bytes.data();
        }
    }
};

template <class T>
T payload(const cmsghdr& message) {
    T value;
    std::memcpy(&value, CMSG_DATA(&message), sizeof value);
    return value;
}

// ipi_addr is the destination in the header, ipi_spec_dst the local address from which a reply is
// sent (ip(7)); they differ for broadcast and multicast. For datagrams that were queued before
// IP_PKTINFO was set, ipi_spec_dst is 0.0.0.0, because the kernel computes it on arrival.
void read_destination(const in_pktinfo& info, BatchedDatagram& datagram) {
    const bool untold = info.ipi_spec_dst.s_addr == INADDR_ANY;
    datagram.local = endpoint_of(untold ? info.ipi_addr : info.ipi_spec_dst);
    datagram.to_one =
        untold ? datagram.local.is_unicast() : info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
}

// The first of the three timestamps of SO_TIMESTAMPING is the software one; 0 if not taken.
std::optional<std::chrono::nanoseconds> software_time(const cmsghdr& message) {
    const auto time = payload<timespec>(message);
    if (time.tv_sec == 0 && time.tv_nsec == 0)
        return std::nullopt;
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void read_ip(const cmsghdr& m, BatchedDatagram& datagram) {
    switch (m.cmsg_type) {
        case IP_PKTINFO: return read_destination(payload<in_pktinfo>(m), datagram);
        case IP_TTL: datagram.hop_limit = static_cast<std::uint8_t>(payload<int>(m)); break;
        case IP_TOS: datagram.traffic_class = payload<std::uint8_t>(m); break;
        default: break;
    }
}

void read_ipv6(const cmsghdr& m, BatchedDatagram& datagram) {
    switch (m.cmsg_type) {
        case IPV6_PKTINFO:
            datagram.local = endpoint_of(payload<in6_pktinfo>(m));
            datagram.to_one = !datagram.local.unmapped().is_multicast();
            if (!datagram.to_one)
                datagram.local = Endpoint::any(Family::ipv6);
            break;
        case IPV6_HOPLIMIT: datagram.hop_limit = static_cast<std::uint8_t>(payload<int>(m)); break;
        case IPV6_TCLASS:
            datagram.traffic_class = static_cast<std::uint8_t>(payload<int>(m));
            break;
        default: break;
    }
}

// Returns the size of each datagram of a train, except the last, which may be shorter; 0 if it is
// none.
std::size_t read_control(msghdr& header, BatchedDatagram& datagram,
                         std::optional<std::uint32_t>& drops) {
    std::size_t train = 0;
    for (cmsghdr* m = CMSG_FIRSTHDR(&header); m != nullptr; m = CMSG_NXTHDR(&header, m)) {
        if (m->cmsg_level == IPPROTO_IP)
            read_ip(*m, datagram);
        else if (m->cmsg_level == IPPROTO_IPV6)
            read_ipv6(*m, datagram);
        else if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SO_RXQ_OVFL)
            drops = payload<std::uint32_t>(*m);
        else if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SO_TIMESTAMPING)
            datagram.arrived = software_time(*m);
        else if (m->cmsg_level == SOL_UDP && m->cmsg_type == UDP_GRO)
            train = static_cast<std::size_t>(payload<int>(*m));
    }
    return train;
}

// Appends a control message. msg_controllen is the length so far, starting at 0.
template <class T>
void write_control(msghdr& header, int level, int type, const T& value) {
    auto* message = static_cast<cmsghdr*>(
        static_cast<void*>(static_cast<char*>(header.msg_control) + header.msg_controllen));
    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(message), &value, sizeof value);
    header.msg_controllen += CMSG_SPACE(sizeof value);
}

// Sends a reply from the address to which the request was sent (RFC 1122, section 4.1.3.5).
void write_source(const Endpoint& local, msghdr& header) {
    const std::span<const std::byte> address = local.bytes();
    if (local.is_unspecified())
        return;
    if (local.family() == Family::ipv4) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, address.data(), sizeof info.ipi_spec_dst);
        write_control(header, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, address.data(), sizeof info.ipi6_addr);
        info.ipi6_ifindex = local.scope_id();
        write_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

void write_traffic_class(const BatchedDatagram& datagram, msghdr& header) {
    if (!datagram.traffic_class)
        return;
    const int value = *datagram.traffic_class;
    if (datagram.peer.family() == Family::ipv4 || datagram.peer.is_v4_mapped())
        write_control(header, IPPROTO_IP, IP_TOS, value);
    else
        write_control(header, IPPROTO_IPV6, IPV6_TCLASS, value);
}

// How many datagrams from the first on can be sent as one train: equal in all but their data, and
// if not `any`, only those that follow the first.
std::size_t length_of_train(std::span<const BatchedDatagram> datagrams, bool any) {
    constexpr std::size_t max_bytes = 65507;  // the maximum UDP payload over IPv4
    const BatchedDatagram& first = datagrams.front();
    const std::size_t size = std::max<std::size_t>(first.data.size(), 1);
    const auto alike = [&](const BatchedDatagram& next) {
        return (any || next.follows || &next == &first) && next.data.size() == size &&
               next.peer == first.peer && next.local == first.local &&
               next.traffic_class == first.traffic_class;
    };
    const auto room =
        datagrams.first(std::min({datagrams.size(), max_bytes / size, DatagramBatch::max_slots}));
    const auto end = std::find_if_not(room.begin(), room.end(), alike);
    return std::max<std::ptrdiff_t>(end - room.begin(), 1);
}

// How many datagrams come before the next train, if the first does not begin one.
std::size_t before_train(std::span<const BatchedDatagram> datagrams) {
    const auto from = datagrams.subspan(std::min<std::size_t>(datagrams.size(), 2));
    const auto second = std::ranges::find_if(from, &BatchedDatagram::follows);
    return second == from.end() ? datagrams.size()
                                : static_cast<std::size_t>(second - from.begin()) + 1;
}

// Whether the kernel refused a train whose datagrams it may accept one by one: they exceed the path
// MTU (EINVAL or EMSGSIZE, depending on the kernel), or the device cannot compute their checksums
// (EIO).
bool wants_them_alone(const std::error_code& error) {
    return error == std::errc::invalid_argument || error == std::errc::message_size ||
           error == std::errc::io_error || error == std::errc::operation_not_supported;
}

Status enable(Socket& socket, int level, int name) {
    return socket.set_option(level, name, 1);
}

Result<bool> is_ipv4(const Socket& socket) {
    return socket.local().map([](const Endpoint& local) { return local.family() == Family::ipv4; });
}

}  // namespace

struct DatagramBatch::State {
    State(std::size_t slots, std::size_t bytes)
        : memory(slots * bytes), slot_bytes(bytes), in(slots), out(slots), datagrams(slots) {
        for (std::size_t i = 0; i < slots; ++i)
            in.slots[i].part = {room(i).data(), slot_bytes};
    }

    std::size_t slots() const noexcept { return in.slots.size(); }

    PageBuffer memory;
    std::size_t slot_bytes;
    Messages in;
    Messages out;
    std::vector<BatchedDatagram> datagrams;
    std::optional<std::uint32_t> overflow;
    bool in_trains = false;
    bool splits = false;           // receives in trains
    std::size_t received = 0;      // messages of the latest system call
    std::size_t next = 0;          // the first of them that was not returned yet
    std::size_t used = max_slots;  // number of headers that the kernel may have written to

    std::span<std::byte> room(std::size_t i) noexcept {
        return memory.bytes().subspan(i * slot_bytes, slot_bytes);
    }

    // Resets what the kernel overwrote in the previous receive.
    void ready_for_receive() noexcept {
        for (std::size_t i = 0; i < std::min(used, slots()); ++i) {
            msghdr& header = in.headers[i].msg_hdr;
            header.msg_namelen = Endpoint::max_size;
            header.msg_controllen = control_bytes;
        }
        used = 0;
    }

    // Reads a message, of a train each datagram; returns the number of datagrams.
    std::size_t read(std::size_t i, std::span<BatchedDatagram> into) noexcept {
        BatchedDatagram& datagram = into.front();
        datagram = {};
        msghdr& header = in.headers[i].msg_hdr;
        datagram.length = in.headers[i].msg_len;
        datagram.data = room(i).first(std::min(datagram.length, slot_bytes));
        datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
        datagram.peer = in.slots[i].name;
        datagram.room = slot_bytes;
        const std::size_t train = read_control(header, datagram, overflow);
        return splits && train != 0 ? split(train, into) : 1;
    }

    // Replaces a train by its datagrams, of `size` bytes each; returns their number.
    static std::size_t split(std::size_t size, std::span<BatchedDatagram> into) noexcept {
        if (into.front().data.size() <= size)
            return 1;
        const BatchedDatagram whole = into.front();
        std::size_t count = 0;
        for (auto rest = whole.data; !rest.empty() && count < into.size(); ++count) {
            BatchedDatagram& datagram = into[count];
            datagram = whole;
            datagram.data = rest.first(std::min(size, rest.size()));
            datagram.length = datagram.room = datagram.data.size();
            datagram.follows = count > 0;
            rest = rest.subspan(datagram.data.size());
        }
        return count;
    }

    // Returns the next of the messages that were received, as many as there is room for.
    std::span<BatchedDatagram> take() noexcept {
        std::size_t count = 0;
        for (; next < received && count + (splits ? max_train : 1) <= datagrams.size(); ++next)
            count += read(next, std::span(datagrams).subspan(count));
        return std::span(datagrams).first(count);
    }

    void write(std::size_t i, const BatchedDatagram& datagram) noexcept {
        DatagramSlot& slot = out.slots[i];
        slot.part = {datagram.data.data(), datagram.data.size()};
        slot.name = datagram.peer;
        msghdr& header = out.headers[i].msg_hdr;
        header.msg_namelen = datagram.peer.port() != 0 ? datagram.peer.size() : 0;
        header.msg_controllen = 0;
        write_source(datagram.local, header);
        write_traffic_class(datagram, header);
    }

    // send_each() and send_train() return the number of datagrams sent, or -1.
    int send_each(const Socket& socket, std::span<const BatchedDatagram> rest) noexcept {
        rest = rest.first(std::min(rest.size(), slots()));
        for (std::size_t i = 0; i < rest.size(); ++i)
            write(i, rest[i]);
        return ::sendmmsg(socket.native(), out.headers.data(), static_cast<unsigned>(rest.size()),
                          MSG_DONTWAIT | MSG_NOSIGNAL);
    }

    int send_train(const Socket& socket, std::span<const BatchedDatagram> train) noexcept {
        write(0, train.front());
        std::array<iovec, max_slots> parts{};
        std::ranges::transform(train, parts.begin(), [](const BatchedDatagram& datagram) {
            return iovec{datagram.data.data(), datagram.data.size()};
        });
        msghdr header = out.headers.front().msg_hdr;
        header.msg_iov = parts.data();
        header.msg_iovlen = train.size();
        write_control(header, SOL_UDP, UDP_SEGMENT,
                      static_cast<std::uint16_t>(train.front().data.size()));
        const ssize_t sent = ::sendmsg(socket.native(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        return sent < 0 ? -1 : static_cast<int>(train.size());
    }
};

DatagramBatch::DatagramBatch(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
DatagramBatch::DatagramBatch(DatagramBatch&&) noexcept = default;
DatagramBatch& DatagramBatch::operator=(DatagramBatch&&) noexcept = default;
DatagramBatch::~DatagramBatch() = default;

Result<DatagramBatch> DatagramBatch::create(std::size_t slots, std::size_t bytes) {
    try {
        return DatagramBatch(std::make_unique<State>(slots, bytes));
    } catch (const std::bad_alloc&) {
        return fail({platform::error_of(std::errc::not_enough_memory),
                     "allocate buffers for datagrams",
                     {},
                     {},
                     {}});
    }
}

Status DatagramBatch::prepare(Socket& socket, bool with_local) {
    const auto ipv4 = is_ipv4(socket);
    if (!ipv4)
        return fail(ipv4.error());
    if (auto set = *ipv4 ? socket.set_option(IPPROTO_IP, IP_PKTINFO, with_local)
                         : socket.set_option(IPPROTO_IPV6, IPV6_RECVPKTINFO, with_local);
        !set)
        return set;
    // An emulator may not have it (QEMU): then overflow() has nothing to report.
    if (auto set = enable(socket, SOL_SOCKET, SO_RXQ_OVFL);
        !set && set.error().code != std::errc::no_protocol_option)
        return set;
    return socket.set_blocking(false);
}

Status DatagramBatch::enable_header_fields(Socket& socket) {
    const auto ipv4 = is_ipv4(socket);
    if (!ipv4)
        return fail(ipv4.error());
    if (auto set = *ipv4 ? enable(socket, IPPROTO_IP, IP_RECVTTL)
                         : enable(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
        !set)
        return set;
    return *ipv4 ? enable(socket, IPPROTO_IP, IP_RECVTOS)
                 : enable(socket, IPPROTO_IPV6, IPV6_RECVTCLASS);
}

std::size_t DatagramBatch::slots() const noexcept {
    return state_->slots();
}

std::span<BatchedDatagram> DatagramBatch::receive(const Socket& socket,
                                                  std::error_code& error) noexcept {
    State& state = *state_;
    error = {};
    if (has_more())
        return state.take();
    state.ready_for_receive();
    state.overflow.reset();
    state.received = state.next = 0;
    // With MSG_TRUNC, msg_len is the whole length of a datagram that was cut off.
    const int got = ::recvmmsg(socket.native(), state.in.headers.data(),
                               static_cast<unsigned>(slots()), MSG_DONTWAIT | MSG_TRUNC, nullptr);
    if (got < 0) {
        state.used = 1;
        const std::error_code why = platform::last_error();
        if (!platform::would_block(why.value()) && why != std::errc::interrupted)
            error = why;
        return {};
    }
    // One more, for the receive that the kernel started and that found no datagram.
    state.used = static_cast<std::size_t>(got) + 1;
    state.received = static_cast<std::size_t>(got);
    return state.take();
}

bool DatagramBatch::has_more() const noexcept {
    return state_->next < state_->received;
}

void DatagramBatch::receive_in_trains(Socket& socket) noexcept {
    if (!enable(socket, SOL_UDP, UDP_GRO) || state_->splits)
        return;
    try {
        state_->datagrams.resize(slots() + max_train);
        state_->splits = true;
    } catch (const std::bad_alloc&) {
        (void)socket.set_option(SOL_UDP, UDP_GRO, 0);
    }
}

std::optional<std::uint32_t> DatagramBatch::overflow() const noexcept {
    return state_->overflow;
}

std::size_t DatagramBatch::send_until_error(const Socket& socket,
                                            std::span<const BatchedDatagram> datagrams,
                                            std::error_code& error) noexcept {
    State& state = *state_;
    error = {};
    std::size_t sent = 0;
    bool alone = false;
    while (sent < datagrams.size()) {
        const auto rest = datagrams.subspan(sent);
        const std::size_t train = alone ? 1 : length_of_train(rest, state.in_trains);
        const int put =
            train > 1 ? state.send_train(socket, rest.first(train))
                      : state.send_each(socket, alone ? rest : rest.first(before_train(rest)));
        if (put > 0) {
            sent += static_cast<std::size_t>(put);
            continue;
        }
        error = platform::last_error();
        if (train > 1 && wants_them_alone(error)) {
            alone = true;
            state.in_trains = false;
        } else if (error != std::errc::interrupted) {
            return sent;
        }
        error = {};
    }
    return sent;
}

void DatagramBatch::send_in_trains() noexcept {
    state_->in_trains = true;
}

}  // namespace sockbox::net
