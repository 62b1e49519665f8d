// Waits at an I/O completion port.
#include "serve/engines/windows/iocp/completion_port.h"

#include <array>
#include <utility>

namespace sockbox::serve {
namespace {

HANDLE handle_of(const net::Socket& socket) noexcept {
    return reinterpret_cast<HANDLE>(socket.native());
}

// The completion holds an NTSTATUS; Winsock translates it into a socket error.
int code_of(const OVERLAPPED_ENTRY& entry) noexcept {
    const auto socket = static_cast<SOCKET>(entry.lpCompletionKey);
    DWORD bytes = 0;
    DWORD flags = 0;
    if (::WSAGetOverlappedResult(socket, entry.lpOverlapped, &bytes, FALSE, &flags))
        return 0;
    return ::WSAGetLastError();
}

}  // namespace

net::Result<CompletionPort> CompletionPort::create() {
    const HANDLE port = ::CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
    if (port == nullptr)
        return net::fail(
            {net::platform::last_file_error(), "create a completion port", {}, {}, {}});
    return CompletionPort(port);
}

CompletionPort::CompletionPort(CompletionPort&& other) noexcept
    : port_(std::exchange(other.port_, nullptr)) {}

CompletionPort::~CompletionPort() {
    if (port_ != nullptr)
        ::CloseHandle(port_);
}

net::Status CompletionPort::add(const net::Socket& socket) {
    if (::CreateIoCompletionPort(handle_of(socket), port_, socket.native(), 0) != nullptr)
        return {};
    return net::fail({net::platform::last_file_error(), "watch a socket", {}, {}, {}});
}

net::Status CompletionPort::wait(net::Deadline deadline) {
    std::array<OVERLAPPED_ENTRY, 64> entries{};
    ULONG count = 0;
    const int timeout = net::poll_timeout(deadline);
    if (!::GetQueuedCompletionStatusEx(port_, entries.data(), entries.size(), &count,
                                       timeout < 0 ? INFINITE : static_cast<DWORD>(timeout),
                                       FALSE)) {
        if (::GetLastError() == WAIT_TIMEOUT)
            return {};
        return net::fail({net::platform::last_file_error(), "wait for completions", {}, {}, {}});
    }
    for (ULONG i = 0; i < count; ++i) {
        if (entries[i].lpOverlapped == nullptr)
            continue;  // wake()
        auto* operation = static_cast<Operation*>(entries[i].lpOverlapped);
        // A negative NTSTATUS is an error; otherwise there is nothing to translate.
        const bool failed = static_cast<LONG>(entries[i].lpOverlapped->Internal) < 0;
        const int code = failed ? code_of(entries[i]) : 0;
        operation->pending_ = false;
        operation->done(entries[i].dwNumberOfBytesTransferred, code);
    }
    return {};
}

void CompletionPort::wake() noexcept {
    ::PostQueuedCompletionStatus(port_, 0, 0, nullptr);
}

}  // namespace sockbox::serve
