// What MPTCP returns for each subflow of a connection.
#pragma once

#include <span>

#include "option/row.h"
#include "option/value.h"

namespace sockbox::net {

// Decodes what MPTCP_TCPINFO or MPTCP_SUBFLOW_ADDRS returned: the number of subflows, then each
// figure, or address, of all of them, separated by spaces.
Fields decode_subflows(const OptionRow& row, std::span<const std::byte> bytes);

}  // namespace sockbox::net
