// An error category for Winsock and Windows file errors, whose codes can be compared with
// std::errc.
//
// The C++ library's own category has neither the symbols nor the conditions of the Winsock codes,
// and on some systems FormatMessage has no texts for most of them.
#include <algorithm>
#include <array>
#include <string>

#include "system/platform.h"

namespace sockbox::net::platform {
namespace {

struct WinsockCode {
    int code;
    std::errc condition;
    std::string_view symbol;
    const char* text;
};

// If several rows have the same condition, error_of() returns the first.
constexpr std::array<WinsockCode, 56> rows{{
    {WSAEINTR, std::errc::interrupted, "WSAEINTR", "Interrupted call"},
    {WSAEBADF, std::errc::bad_file_descriptor, "WSAEBADF", "Bad descriptor"},
    {WSAEACCES, std::errc::permission_denied, "WSAEACCES", "Permission denied"},
    {WSAEFAULT, std::errc::bad_address, "WSAEFAULT", "Bad address"},
    {WSAEINVAL, std::errc::invalid_argument, "WSAEINVAL", "Invalid argument"},
    {WSAEMFILE, std::errc::too_many_files_open, "WSAEMFILE", "Too many open sockets"},
    {WSAEWOULDBLOCK, std::errc::operation_would_block, "WSAEWOULDBLOCK",
     "Resource temporarily unavailable"},
    {WSAEINPROGRESS, std::errc::operation_in_progress, "WSAEINPROGRESS",
     "Operation now in progress"},
    {WSAEALREADY, std::errc::connection_already_in_progress, "WSAEALREADY",
     "Operation already in progress"},
    {WSAENOTSOCK, std::errc::not_a_socket, "WSAENOTSOCK", "Socket operation on non-socket"},
    {WSAEDESTADDRREQ, std::errc::destination_address_required, "WSAEDESTADDRREQ",
     "Destination address required"},
    {WSAEMSGSIZE, std::errc::message_size, "WSAEMSGSIZE", "Message too long"},
    {WSAEPROTOTYPE, std::errc::wrong_protocol_type, "WSAEPROTOTYPE",
     "Protocol wrong type for socket"},
    {WSAENOPROTOOPT, std::errc::no_protocol_option, "WSAENOPROTOOPT", "Protocol not available"},
    {WSAEPROTONOSUPPORT, std::errc::protocol_not_supported, "WSAEPROTONOSUPPORT",
     "Protocol not supported"},
    // std::errc has no condition for an unsupported socket type.
    {WSAESOCKTNOSUPPORT, std::errc::not_supported, "WSAESOCKTNOSUPPORT",
     "Socket type not supported"},
    {WSAEOPNOTSUPP, std::errc::operation_not_supported, "WSAEOPNOTSUPP", "Operation not supported"},
    {WSAEPFNOSUPPORT, std::errc::address_family_not_supported, "WSAEPFNOSUPPORT",
     "Protocol family not supported"},
    {WSAEAFNOSUPPORT, std::errc::address_family_not_supported, "WSAEAFNOSUPPORT",
     "Address family not supported by protocol"},
    {WSAEADDRINUSE, std::errc::address_in_use, "WSAEADDRINUSE", "Address already in use"},
    {WSAEADDRNOTAVAIL, std::errc::address_not_available, "WSAEADDRNOTAVAIL",
     "Cannot assign requested address"},
    {WSAENETDOWN, std::errc::network_down, "WSAENETDOWN", "Network is down"},
    {WSAENETUNREACH, std::errc::network_unreachable, "WSAENETUNREACH", "Network is unreachable"},
    {WSAENETRESET, std::errc::network_reset, "WSAENETRESET", "Network dropped connection on reset"},
    {WSAECONNABORTED, std::errc::connection_aborted, "WSAECONNABORTED",
     "Software caused connection abort"},
    {WSAECONNRESET, std::errc::connection_reset, "WSAECONNRESET", "Connection reset by peer"},
    {WSAENOBUFS, std::errc::no_buffer_space, "WSAENOBUFS", "No buffer space available"},
    {WSAEISCONN, std::errc::already_connected, "WSAEISCONN",
     "Transport endpoint is already connected"},
    {WSAENOTCONN, std::errc::not_connected, "WSAENOTCONN", "Transport endpoint is not connected"},
    // The counterpart of EPIPE: a send after the sending side was shut down.
    {WSAESHUTDOWN, std::errc::broken_pipe, "WSAESHUTDOWN", "Socket has been shut down"},
    {WSAETIMEDOUT, std::errc::timed_out, "WSAETIMEDOUT", "Connection timed out"},
    {WSAECONNREFUSED, std::errc::connection_refused, "WSAECONNREFUSED", "Connection refused"},
    {WSAENAMETOOLONG, std::errc::filename_too_long, "WSAENAMETOOLONG", "Name too long"},
    {WSAEHOSTDOWN, std::errc::host_unreachable, "WSAEHOSTDOWN", "Host is down"},
    {WSAEHOSTUNREACH, std::errc::host_unreachable, "WSAEHOSTUNREACH", "No route to host"},
    {WSAEPROCLIM, std::errc::resource_unavailable_try_again, "WSAEPROCLIM",
     "Too many processes use the socket library"},
    {WSASYSNOTREADY, std::errc::network_down, "WSASYSNOTREADY", "The network is not ready"},
    {WSAVERNOTSUPPORTED, std::errc::not_supported, "WSAVERNOTSUPPORTED",
     "This version of Winsock is not supported"},
    {WSANOTINITIALISED, std::errc::not_connected, "WSANOTINITIALISED",
     "The socket library was not started"},
    {WSA_OPERATION_ABORTED, std::errc::operation_canceled, "WSA_OPERATION_ABORTED",
     "Operation canceled"},
    {WSA_IO_PENDING, std::errc::operation_in_progress, "WSA_IO_PENDING",
     "Operation now in progress"},
    // Errors of completions and files.
    {ERROR_FILE_NOT_FOUND, std::errc::no_such_file_or_directory, "ERROR_FILE_NOT_FOUND",
     "No such file or directory"},
    {ERROR_PATH_NOT_FOUND, std::errc::no_such_file_or_directory, "ERROR_PATH_NOT_FOUND",
     "No such file or directory"},
    {ERROR_ACCESS_DENIED, std::errc::permission_denied, "ERROR_ACCESS_DENIED", "Permission denied"},
    {ERROR_INVALID_HANDLE, std::errc::bad_file_descriptor, "ERROR_INVALID_HANDLE",
     "Bad descriptor"},
    {ERROR_NOT_ENOUGH_MEMORY, std::errc::not_enough_memory, "ERROR_NOT_ENOUGH_MEMORY",
     "Cannot allocate memory"},
    {ERROR_NOT_SUPPORTED, std::errc::not_supported, "ERROR_NOT_SUPPORTED", "Not supported"},
    {ERROR_INVALID_PARAMETER, std::errc::invalid_argument, "ERROR_INVALID_PARAMETER",
     "Invalid argument"},
    {ERROR_BROKEN_PIPE, std::errc::broken_pipe, "ERROR_BROKEN_PIPE", "Broken pipe"},
    {ERROR_NO_DATA, std::errc::broken_pipe, "ERROR_NO_DATA", "Broken pipe"},
    {ERROR_DISK_FULL, std::errc::no_space_on_device, "ERROR_DISK_FULL", "No space left on device"},
    {ERROR_NETNAME_DELETED, std::errc::connection_reset, "ERROR_NETNAME_DELETED",
     "Connection reset by peer"},
    {ERROR_CONNECTION_REFUSED, std::errc::connection_refused, "ERROR_CONNECTION_REFUSED",
     "Connection refused"},
    {ERROR_CONNECTION_ABORTED, std::errc::connection_aborted, "ERROR_CONNECTION_ABORTED",
     "Software caused connection abort"},
    {ERROR_PORT_UNREACHABLE, std::errc::connection_refused, "ERROR_PORT_UNREACHABLE",
     "Port unreachable"},
    {ERROR_SEM_TIMEOUT, std::errc::timed_out, "ERROR_SEM_TIMEOUT", "Connection timed out"},
}};

const WinsockCode* row_of(int code) noexcept {
    const auto* row = std::find_if(rows.begin(), rows.end(),
                                   [&](const WinsockCode& one) { return one.code == code; });
    return row != rows.end() ? row : nullptr;
}

class WindowsCategory final : public std::error_category {
  public:
    const char* name() const noexcept override { return "windows"; }

    std::string message(int code) const override {
        const WinsockCode* row = row_of(code);
        return row != nullptr ? row->text : "Windows error " + std::to_string(code);
    }

    std::error_condition default_error_condition(int code) const noexcept override {
        const WinsockCode* row = row_of(code);
        return row != nullptr ? make_error_condition(row->condition)
                              : std::error_condition(code, *this);
    }
};

}  // namespace

const std::error_category& error_category() noexcept {
    static const WindowsCategory category;
    return category;
}

std::error_code last_error() noexcept {
    return {::WSAGetLastError(), error_category()};
}

std::error_code last_file_error() noexcept {
    return {static_cast<int>(::GetLastError()), error_category()};
}

std::error_code error_of(std::errc condition) noexcept {
    const auto* row = std::find_if(rows.begin(), rows.end(), [&](const WinsockCode& one) {
        return one.condition == condition;
    });
    return row != rows.end() ? std::error_code(row->code, error_category())
                             : std::make_error_code(condition);
}

std::string_view error_symbol(int code) noexcept {
    const WinsockCode* row = row_of(code);
    return row != nullptr ? row->symbol : std::string_view();
}

bool would_block(int code) noexcept {
    return code == WSAEWOULDBLOCK || code == WSAEINPROGRESS || code == WSA_IO_PENDING;
}

}  // namespace sockbox::net::platform
