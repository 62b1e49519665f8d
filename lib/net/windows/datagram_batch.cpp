// DatagramBatch on Windows, by WSARecvMsg and WSASendMsg, one datagram per call.
#include "net/datagram_batch.h"

#include <array>
#include <cstring>
#include <new>
#include <vector>

#include "net/windows/winsock.h"
#include "system/memory.h"

namespace sockbox::net {
namespace {

struct alignas(WSACMSGHDR) Control {
    std::array<char, WSA_CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

template <class T>
T payload(WSACMSGHDR* message) {
    T value;
    std::memcpy(&value, WSA_CMSG_DATA(message), sizeof value);
    return value;
}

void read_control(WSAMSG& header, BatchedDatagram& datagram) {
    for (WSACMSGHDR* m = WSA_CMSG_FIRSTHDR(&header); m != nullptr;
         m = WSA_CMSG_NXTHDR(&header, m)) {
        if (m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_PKTINFO)
            datagram.local = endpoint_of(payload<in_pktinfo>(m).ipi_addr);
        else if (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_PKTINFO)
            datagram.local = endpoint_of(payload<in6_pktinfo>(m));
    }
}

template <class T>
void write_control(WSAMSG& header, int level, int type, const T& value) {
    WSACMSGHDR* message = WSA_CMSG_FIRSTHDR(&header);
    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = WSA_CMSG_LEN(sizeof value);
    std::memcpy(WSA_CMSG_DATA(message), &value, sizeof value);
    header.Control.len = static_cast<ULONG>(WSA_CMSG_SPACE(sizeof value));
}

// Sends a reply from the address to which the request was sent (RFC 1122, section 4.1.3.5).
void write_source(const Endpoint& local, WSAMSG& header) {
    const std::span<const std::byte> address = local.bytes();
    if (local.is_unspecified()) {
        header.Control.len = 0;
    } else if (local.family() == Family::ipv4) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_addr, address.data(), sizeof info.ipi_addr);
        write_control(header, IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, address.data(), sizeof info.ipi6_addr);
        info.ipi6_ifindex = local.scope_id();
        write_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

// A datagram as WSARecvMsg and WSASendMsg take it.
struct WinsockMessage {
    WSABUF part{};
    sockaddr_storage name{};
    Control control{};
    WSAMSG header{};

    explicit WinsockMessage(std::span<std::byte> data) noexcept {
        part = {static_cast<ULONG>(data.size()),
                static_cast<char*>(static_cast<void*>(data.data()))};
        header.name = static_cast<sockaddr*>(static_cast<void*>(&name));
        header.namelen = sizeof name;
        header.lpBuffers = &part;
        header.dwBufferCount = 1;
        header.Control = {static_cast<ULONG>(control.bytes.size()), control.bytes.data()};
    }
    WinsockMessage(const WinsockMessage&) = delete;
    WinsockMessage& operator=(const WinsockMessage&) = delete;
};

Status enable(Socket& socket, int level, int name) {
    return socket.set_option(level, name, 1);
}

}  // namespace

struct DatagramBatch::State {
    State(std::size_t slots, std::size_t bytes)
        : memory(slots * bytes), slot_bytes(bytes), datagrams(slots) {}

    PageBuffer memory;
    std::size_t slot_bytes;
    std::vector<BatchedDatagram> datagrams;
    LPFN_WSARECVMSG receive_message = nullptr;

    // Receives a datagram into the slot; returns 0 or a Winsock error code.
    int receive_one(const Socket& socket, std::size_t slot) noexcept {
        const auto room = memory.bytes().subspan(slot * slot_bytes, slot_bytes);
        WinsockMessage message(room);
        DWORD got = 0;
        const int failed =
            receive_message(socket.native(), &message.header, &got, nullptr, nullptr);
        const int code = failed != 0 ? ::WSAGetLastError() : 0;
        if (code != 0 && code != WSAEMSGSIZE)
            return code;
        if (code == WSAEMSGSIZE)  // the buffer is full, and `got` need not have been set
            got = static_cast<DWORD>(room.size());
        BatchedDatagram& datagram = datagrams[slot];
        datagram = {};
        datagram.data = room.first(got);
        datagram.room = room.size();
        datagram.length = got;
        datagram.truncated = code == WSAEMSGSIZE || (message.header.dwFlags & MSG_TRUNC) != 0;
        datagram.peer =
            Endpoint::from_native(message.header.name, message.header.namelen).value_or(Endpoint());
        read_control(message.header, datagram);
        const bool to_many = (message.header.dwFlags & (MSG_BCAST | MSG_MCAST)) != 0;
        const bool told = !datagram.local.is_unspecified();
        datagram.to_one = !to_many && (!told || datagram.local.is_unicast());
        if (!datagram.to_one)
            datagram.local = Endpoint::any(datagram.peer.family());
        return 0;
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

Status DatagramBatch::prepare(Socket& socket, bool) {
    const auto local = socket.local();
    if (!local)
        return fail(local.error());
    const bool ipv4 = local->family() == Family::ipv4;
    if (auto set = ipv4 ? enable(socket, IPPROTO_IP, IP_PKTINFO)
                        : enable(socket, IPPROTO_IPV6, IPV6_PKTINFO);
        !set)
        return set;
    return socket.set_blocking(false);
}

Status DatagramBatch::enable_header_fields(Socket&) {
    return {};
}

std::size_t DatagramBatch::slots() const noexcept {
    return state_->datagrams.size();
}

std::span<BatchedDatagram> DatagramBatch::receive(const Socket& socket,
                                                  std::error_code& error) noexcept {
    State& state = *state_;
    error = {};
    if (state.receive_message == nullptr)
        state.receive_message = extension_call<LPFN_WSARECVMSG>(socket, WSAID_WSARECVMSG);
    if (state.receive_message == nullptr) {
        error = platform::last_error();
        return {};
    }
    std::size_t got = 0;
    // An ICMP error about an earlier reply counts as an attempt, so that a flood of them cannot
    // keep this loop running.
    for (std::size_t attempt = 0; attempt < slots(); ++attempt) {
        const int code = state.receive_one(socket, got);
        if (code == 0) {
            ++got;
        } else if (!platform::concerns_earlier_send(code)) {
            if (!platform::would_block(code) && got == 0)
                error = {code, platform::error_category()};
            break;
        }
    }
    return std::span(state.datagrams).first(got);
}

std::optional<std::uint32_t> DatagramBatch::overflow() const noexcept {
    return std::nullopt;  // Windows does not report it
}

std::size_t DatagramBatch::send_until_error(const Socket& socket,
                                            std::span<const BatchedDatagram> datagrams,
                                            std::error_code& error) noexcept {
    error = {};
    std::size_t sent = 0;
    for (const BatchedDatagram& datagram : datagrams) {
        WinsockMessage message(datagram.data);
        if (datagram.peer.port() != 0)
            std::memcpy(&message.name, datagram.peer.data(),
                        static_cast<std::size_t>(datagram.peer.size()));
        else
            message.header.name = nullptr;
        message.header.namelen = datagram.peer.port() != 0 ? datagram.peer.size() : 0;
        write_source(datagram.local, message.header);
        DWORD put = 0;
        if (::WSASendMsg(socket.native(), &message.header, 0, &put, nullptr, nullptr) != 0) {
            error = platform::last_error();
            return sent;
        }
        ++sent;
    }
    return sent;
}

void DatagramBatch::receive_in_trains(Socket& /*socket*/) noexcept {}

bool DatagramBatch::has_more() const noexcept {
    return false;
}

void DatagramBatch::send_in_trains() noexcept {}

}  // namespace sockbox::net
