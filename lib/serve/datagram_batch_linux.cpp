// Batches of datagrams on Linux: recvmmsg and sendmmsg, with packet information.
#include "serve/datagram_batch.h"

#include <array>
#include <cstring>
#include <new>

#include "serve/pages.h"

namespace sockbox::serve {
namespace {

constexpr std::size_t capacity = DatagramBatch::capacity;

// Room for what the kernel tells beside a datagram: its destination, and the drops so far.
struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint32_t))> bytes;
};

struct Messages {
    std::array<mmsghdr, capacity> headers;
    std::array<iovec, capacity> parts;
    std::array<sockaddr_storage, capacity> names;
    std::array<Control, capacity> controls;
};

template <class T>
T payload(const cmsghdr& message) {
    T value;
    std::memcpy(&value, CMSG_DATA(&message), sizeof value);
    return value;
}

net::Endpoint endpoint_of(const in_addr& address) {
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_addr = address;
    return *net::Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                       sizeof native);
}

net::Endpoint endpoint_of(const in6_pktinfo& info) {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
        native.sin6_scope_id = info.ipi6_ifindex;
    return *net::Endpoint::from_native(static_cast<sockaddr*>(static_cast<void*>(&native)),
                                       sizeof native);
}

// Of a datagram to a broadcast or multicast address the kernel tells as ipi_spec_dst the address
// that an answer would leave from (ip(7)); to one of our own addresses both are the same. Of what
// came before the socket was readied it tells none.
void read_destination(const in_pktinfo& info, BatchedDatagram& datagram) {
    const bool untold = info.ipi_spec_dst.s_addr == INADDR_ANY;
    datagram.local = endpoint_of(untold ? info.ipi_addr : info.ipi_spec_dst);
    datagram.to_one =
        untold ? datagram.local.is_unicast() : info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr;
}

void read_control(msghdr& header, BatchedDatagram& datagram, std::optional<std::uint32_t>& drops) {
    for (cmsghdr* m = CMSG_FIRSTHDR(&header); m != nullptr; m = CMSG_NXTHDR(&header, m)) {
        if (m->cmsg_level == SOL_SOCKET && m->cmsg_type == SO_RXQ_OVFL) {
            drops = payload<std::uint32_t>(*m);
        } else if (m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_PKTINFO) {
            read_destination(payload<in_pktinfo>(*m), datagram);
        } else if (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_PKTINFO) {
            datagram.local = endpoint_of(payload<in6_pktinfo>(*m));
            datagram.to_one = !datagram.local.unmapped().is_multicast();
        }
    }
}

template <class T>
void write_control(msghdr& header, int level, int type, const T& value) {
    cmsghdr* message = CMSG_FIRSTHDR(&header);
    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(message), &value, sizeof value);
    header.msg_controllen = CMSG_SPACE(sizeof value);
}

// Lets the reply leave from the address that was asked (RFC 1122, section 4.1.3.5).
void write_source(const net::Endpoint& local, msghdr& header) {
    const std::span<const std::byte> address = local.bytes();
    if (local.is_unspecified()) {
        header.msg_controllen = 0;
    } else if (local.family() == net::Family::ipv4) {
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

net::Status enable(net::Socket& socket, int level, int name) {
    return socket.set_option(level, name, 1);
}

}  // namespace

struct DatagramBatch::State {
    Pages memory;
    Messages in;
    Messages out;
    std::array<BatchedDatagram, capacity> datagrams;
    std::optional<std::uint32_t> overflow;

    // What the kernel overwrites with each receive.
    void ready_for_receive() noexcept {
        for (std::size_t i = 0; i < capacity; ++i) {
            in.parts[i] = {memory.get() + i * datagram_bytes, datagram_bytes};
            msghdr& header = in.headers[i].msg_hdr;
            header = {};
            header.msg_name = &in.names[i];
            header.msg_namelen = sizeof in.names[i];
            header.msg_iov = &in.parts[i];
            header.msg_iovlen = 1;
            header.msg_control = in.controls[i].bytes.data();
            header.msg_controllen = in.controls[i].bytes.size();
        }
    }

    void read(std::size_t i) noexcept {
        BatchedDatagram& datagram = datagrams[i];
        datagram = {};
        msghdr& header = in.headers[i].msg_hdr;
        datagram.data = {memory.get() + i * datagram_bytes, in.headers[i].msg_len};
        datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
        const auto* name = static_cast<const sockaddr*>(static_cast<void*>(&in.names[i]));
        datagram.peer =
            net::Endpoint::from_native(name, header.msg_namelen).value_or(net::Endpoint());
        read_control(header, datagram, overflow);
    }

    void write(std::size_t i, const BatchedDatagram& datagram) noexcept {
        out.parts[i] = {datagram.data.data(), datagram.data.size()};
        msghdr& header = out.headers[i].msg_hdr;
        header = {};
        std::memcpy(&out.names[i], datagram.peer.data(), datagram.peer.size());
        header.msg_name = &out.names[i];
        header.msg_namelen = datagram.peer.size();
        header.msg_iov = &out.parts[i];
        header.msg_iovlen = 1;
        header.msg_control = out.controls[i].bytes.data();
        header.msg_controllen = out.controls[i].bytes.size();
        write_source(datagram.local, header);
    }
};

DatagramBatch::DatagramBatch(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
DatagramBatch::DatagramBatch(DatagramBatch&&) noexcept = default;
DatagramBatch& DatagramBatch::operator=(DatagramBatch&&) noexcept = default;
DatagramBatch::~DatagramBatch() = default;

net::Result<DatagramBatch> DatagramBatch::create() {
    std::unique_ptr<State> state(new (std::nothrow) State);
    if (state)
        state->memory = allocate_pages(capacity * datagram_bytes);
    if (!state || !state->memory)
        return net::fail({std::make_error_code(std::errc::not_enough_memory),
                          "allocate room for datagrams",
                          {},
                          {},
                          {}});
    return DatagramBatch(std::move(state));
}

net::Status DatagramBatch::prepare(net::Socket& socket) {
    const auto local = socket.local();
    if (!local)
        return net::fail(local.error());
    const bool ipv4 = local->family() == net::Family::ipv4;
    if (auto set = ipv4 ? enable(socket, IPPROTO_IP, IP_PKTINFO)
                        : enable(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO);
        !set)
        return set;
    if (auto set = enable(socket, SOL_SOCKET, SO_RXQ_OVFL); !set)
        return set;
    return socket.set_blocking(false);
}

std::span<BatchedDatagram> DatagramBatch::receive(const net::Socket& socket,
                                                  std::error_code& error) noexcept {
    State& state = *state_;
    state.ready_for_receive();
    state.overflow.reset();
    error = {};
    const int got =
        ::recvmmsg(socket.native(), state.in.headers.data(), capacity, MSG_DONTWAIT, nullptr);
    if (got < 0) {
        const std::error_code why = net::platform::last_error();
        if (!net::platform::would_block(why.value()) && why != std::errc::interrupted)
            error = why;
        return {};
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i)
        state.read(i);
    return std::span(state.datagrams).first(static_cast<std::size_t>(got));
}

std::optional<std::uint32_t> DatagramBatch::overflow() const noexcept {
    return state_->overflow;
}

std::size_t DatagramBatch::send(const net::Socket& socket,
                                std::span<const BatchedDatagram> datagrams) noexcept {
    State& state = *state_;
    for (std::size_t i = 0; i < datagrams.size(); ++i)
        state.write(i, datagrams[i]);
    std::size_t sent = 0;
    for (std::size_t next = 0; next < datagrams.size();) {
        const int put = ::sendmmsg(socket.native(), &state.out.headers[next],
                                   static_cast<unsigned>(datagrams.size() - next), MSG_DONTWAIT);
        if (put > 0)
            sent += static_cast<std::size_t>(put);
        else if (net::platform::last_error() == std::errc::interrupted)
            continue;
        next += put > 0 ? static_cast<std::size_t>(put) : 1;
    }
    return sent;
}

}  // namespace sockbox::serve
