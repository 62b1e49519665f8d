// The platform layer on Windows; errors.cpp has its error codes.
#include "system/platform.h"

#include <io.h>
#include <shellapi.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace sockbox::net::platform {
namespace {

// WSAStartup until the process ends.
class WinsockSession {
  public:
    WinsockSession() noexcept {
        WSADATA ignored;
        code_ = ::WSAStartup(MAKEWORD(2, 2), &ignored);
    }
    WinsockSession(const WinsockSession&) = delete;
    WinsockSession& operator=(const WinsockSession&) = delete;
    ~WinsockSession() {
        if (code_ == 0)
            ::WSACleanup();
    }
    int code() const noexcept { return code_; }

  private:
    int code_ = 0;
};

// A datagram to a closed port is answered by an ICMP error, which Windows would otherwise report as
// a failure of the socket's next receive, regardless of the peer.
void ignore_unreachable_peers(NativeSocket socket) noexcept {
    BOOL report = FALSE;
    DWORD unused = 0;
    for (const DWORD what : {SIO_UDP_CONNRESET, _WSAIOW(IOC_VENDOR, 15) /* SIO_UDP_NETRESET */})
        ::WSAIoctl(socket, what, &report, sizeof report, nullptr, 0, &unused, nullptr, nullptr);
}

HANDLE handle_of(int file) noexcept {
    return reinterpret_cast<HANDLE>(::_get_osfhandle(file));
}

DWORD file_length(std::size_t size) noexcept {
    return static_cast<DWORD>(std::min<std::size_t>(size, std::numeric_limits<DWORD>::max()));
}

std::string to_utf8(std::wstring_view wide) {
    const int length = static_cast<int>(wide.size());
    const int needed =
        ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), length, nullptr, 0, nullptr, nullptr);
    std::string text(static_cast<std::size_t>(needed), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), length, text.data(), needed, nullptr, nullptr);
    return text;
}

std::wstring to_utf16(std::string_view text) {
    const int length = static_cast<int>(text.size());
    const int needed = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), length, nullptr, 0);
    std::wstring wide(static_cast<std::size_t>(needed), L'\0');
    ::MultiByteToWideChar(CP_UTF8, 0, text.data(), length, wide.data(), needed);
    return wide;
}

struct FreeLocal {
    void operator()(void* memory) const noexcept { ::LocalFree(memory); }
};

}  // namespace

std::error_code start() noexcept {
    static const WinsockSession session;
    return session.code() == 0 ? std::error_code()
                               : std::error_code(session.code(), error_category());
}

NativeSocket open_socket(int family, int type, int protocol) noexcept {
    const NativeSocket opened = ::WSASocketW(family, type, protocol, nullptr, 0,
                                             WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (opened != invalid_socket && type == SOCK_DGRAM)
        ignore_unreachable_peers(opened);
    return opened;
}

NativeSocket accept_socket(NativeSocket listener, sockaddr* peer, SocketLength* length,
                           bool blocking) noexcept {
    const NativeSocket accepted = ::accept(listener, peer, length);
    // An accepted socket inherits the modes of the listener.
    if (accepted != invalid_socket) {
        ::SetHandleInformation(reinterpret_cast<HANDLE>(accepted), HANDLE_FLAG_INHERIT, 0);
        set_blocking(accepted, blocking);
    }
    return accepted;
}

void close_socket(NativeSocket socket) noexcept {
    ::closesocket(socket);
}

bool set_blocking(NativeSocket socket, bool blocking) noexcept {
    u_long wanted = blocking ? 0 : 1;
    return ::ioctlsocket(socket, static_cast<long>(FIONBIO), &wanted) == 0;
}

bool claim_address(NativeSocket socket) noexcept {
    const BOOL on = TRUE;
    return ::setsockopt(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE,
                        static_cast<const char*>(static_cast<const void*>(&on)), sizeof on) == 0;
}

void defer_port_choice(NativeSocket /*socket*/) noexcept {}

int poll(std::span<PollEntry> entries, int timeout_ms) noexcept {
    if (entries.empty()) {  // WSAPoll refuses an empty set
        ::Sleep(timeout_ms < 0 ? INFINITE : static_cast<DWORD>(timeout_ms));
        return 0;
    }
    return ::WSAPoll(entries.data(), static_cast<ULONG>(entries.size()), timeout_ms);
}

std::ptrdiff_t read_file(int file, std::span<std::byte> into) noexcept {
    DWORD got = 0;
    if (::ReadFile(handle_of(file), into.data(), file_length(into.size()), &got, nullptr))
        return got;
    return ::GetLastError() == ERROR_BROKEN_PIPE ? 0 : -1;  // the writer of a pipe is gone
}

std::ptrdiff_t write_file(int file, std::span<const std::byte> from) noexcept {
    DWORD put = 0;
    const bool written =
        ::WriteFile(handle_of(file), from.data(), file_length(from.size()), &put, nullptr);
    return written ? static_cast<std::ptrdiff_t>(put) : -1;
}

int open_file(const std::string& path) noexcept {
    const HANDLE opened =
        ::CreateFileW(to_utf16(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                      nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    return opened == INVALID_HANDLE_VALUE
               ? -1
               : ::_open_osfhandle(reinterpret_cast<std::intptr_t>(opened), 0);
}

void close_file(int file) noexcept {
    ::_close(file);
}

void prepare_standard_streams() noexcept {
    // read_file() and write_file() bypass the C library and its text mode.
    ::SetConsoleOutputCP(CP_UTF8);
    ::SetConsoleCP(CP_UTF8);
}

bool is_terminal(int file) noexcept {
    DWORD mode = 0;  // not _isatty(), which takes NUL for a terminal
    return ::GetConsoleMode(handle_of(file), &mode) != 0;
}

std::size_t terminal_columns(int file) noexcept {
    CONSOLE_SCREEN_BUFFER_INFO info{};
    const DWORD stream = file == 2 ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE;
    if (!::GetConsoleScreenBufferInfo(::GetStdHandle(stream), &info))
        return 80;
    return static_cast<std::size_t>(info.srWindow.Right - info.srWindow.Left + 1);
}

std::size_t terminal_rows(int file) noexcept {
    CONSOLE_SCREEN_BUFFER_INFO info{};
    const DWORD stream = file == 2 ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE;
    if (!::GetConsoleScreenBufferInfo(::GetStdHandle(stream), &info))
        return 24;
    return static_cast<std::size_t>(info.srWindow.Bottom - info.srWindow.Top + 1);
}

void ignore_broken_pipes() noexcept {}

void ignore_file_size_signal() noexcept {}

void raise_descriptor_limit() noexcept {}

std::vector<std::string> arguments(int /*argc*/, char** /*argv*/) {
    // The arguments of main() are in the ANSI code page.
    int count = 0;
    const std::unique_ptr<LPWSTR, FreeLocal> words(
        ::CommandLineToArgvW(::GetCommandLineW(), &count));
    std::vector<std::string> result;
    for (const LPWSTR word : std::span(words.get(), static_cast<std::size_t>(count)))
        result.push_back(to_utf8(word));
    return result;
}

}  // namespace sockbox::net::platform
