// Structures of option values: the members that are shown, which are what a user may set.
#pragma once

#include <array>

#include "option/rows/symbols.h"

namespace sockbox::net::option_rows {

inline constexpr auto sctp_rto_members =
    std::to_array<Member>({{"initial", 4, 4, "ms"}, {"max", 8, 4, "ms"}, {"min", 12, 4, "ms"}});
inline constexpr auto sctp_association_members =
    std::to_array<Member>({{"max_retransmits", 4, 2},
                           {"peer_addresses", 6, 2},
                           {"peer_window", 8, 4, "bytes"},
                           {"local_window", 12, 4, "bytes"},
                           {"cookie_life", 16, 4, "ms"}});
inline constexpr auto sctp_init_members = std::to_array<Member>({{"out_streams", 0, 2},
                                                                 {"max_in_streams", 2, 2},
                                                                 {"max_attempts", 4, 2},
                                                                 {"max_timeout", 6, 2, "ms"}});
inline constexpr auto sctp_address_members =
    std::to_array<Member>({{"address", 4, 128, "", {}, MemberForm::endpoint}});

inline constexpr auto sctp_path_flags = std::to_array<ValueName>({{"HB_ENABLE", 1},
                                                                  {"HB_DISABLE", 2},
                                                                  {"HB_DEMAND", 4},
                                                                  {"PMTUD_ENABLE", 8},
                                                                  {"PMTUD_DISABLE", 16},
                                                                  {"SACKDELAY_ENABLE", 32},
                                                                  {"SACKDELAY_DISABLE", 64},
                                                                  {"HB_TIME_IS_ZERO", 128},
                                                                  {"IPV6_FLOWLABEL", 256},
                                                                  {"DSCP", 512}});
inline constexpr auto sctp_path_members =
    std::to_array<Member>({{"heartbeat_interval", 132, 4, "ms"},
                           {"max_retransmits", 136, 2},
                           {"path_mtu", 138, 4, "bytes"},
                           {"sack_delay", 142, 4, "ms"},
                           {"flags", 146, 4, "", sctp_path_flags, MemberForm::mask},
                           {"flow_label", 150, 4, "", {}, MemberForm::number, true},
                           {"dscp", 154, 1, "", {}, MemberForm::number, true}});

inline constexpr auto sctp_send_flags = std::to_array<ValueName>({{"UNORDERED", 1},
                                                                  {"ADDR_OVER", 2},
                                                                  {"ABORT", 4},
                                                                  {"SACK_IMMEDIATELY", 8},
                                                                  {"SENDALL", 64},
                                                                  {"EOF", 0x200}});
inline constexpr auto sctp_send_members =
    std::to_array<Member>({{"stream", 0, 2},
                           {"flags", 4, 2, "", sctp_send_flags, MemberForm::mask},
                           {"ppid", 8, 4, "", {}, MemberForm::big_endian},
                           {"context", 12, 4},
                           {"time_to_live", 16, 4, "ms"}});
inline constexpr auto sctp_send_info_members =
    std::to_array<Member>({{"stream", 0, 2},
                           {"flags", 2, 2, "", sctp_send_flags, MemberForm::mask},
                           {"ppid", 4, 4, "", {}, MemberForm::big_endian},
                           {"context", 8, 4}});

inline constexpr auto sctp_event_members = std::to_array<Member>({{"data_io", 0, 1},
                                                                  {"association", 1, 1},
                                                                  {"address", 2, 1},
                                                                  {"send_failure", 3, 1},
                                                                  {"peer_error", 4, 1},
                                                                  {"shutdown", 5, 1},
                                                                  {"partial_delivery", 6, 1},
                                                                  {"adaptation_layer", 7, 1},
                                                                  {"authentication", 8, 1},
                                                                  {"sender_dry", 9, 1},
                                                                  {"stream_reset", 10, 1},
                                                                  {"assoc_reset", 11, 1},
                                                                  {"stream_change", 12, 1},
                                                                  {"send_failure_event", 13, 1}});
inline constexpr auto sctp_event_types = std::to_array<ValueName>({{"DATA_IO_EVENT", 0x8000},
                                                                   {"ASSOC_CHANGE", 0x8001},
                                                                   {"PEER_ADDR_CHANGE", 0x8002},
                                                                   {"SEND_FAILED", 0x8003},
                                                                   {"REMOTE_ERROR", 0x8004},
                                                                   {"SHUTDOWN_EVENT", 0x8005},
                                                                   {"PARTIAL_DELIVERY", 0x8006},
                                                                   {"ADAPTATION", 0x8007},
                                                                   {"AUTHENTICATION", 0x8008},
                                                                   {"SENDER_DRY", 0x8009},
                                                                   {"STREAM_RESET", 0x800a},
                                                                   {"ASSOC_RESET", 0x800b},
                                                                   {"STREAM_CHANGE", 0x800c},
                                                                   {"SEND_FAILED_EVENT", 0x800d}});
inline constexpr auto sctp_one_event_members =
    std::to_array<Member>({{"type", 4, 2, "", sctp_event_types}, {"on", 6, 1}});

inline constexpr auto sctp_states = std::to_array<ValueName>({{"EMPTY", 0},
                                                              {"CLOSED", 1},
                                                              {"COOKIE_WAIT", 2},
                                                              {"COOKIE_ECHOED", 3},
                                                              {"ESTABLISHED", 4},
                                                              {"SHUTDOWN_PENDING", 5},
                                                              {"SHUTDOWN_SENT", 6},
                                                              {"SHUTDOWN_RECEIVED", 7},
                                                              {"SHUTDOWN_ACK_SENT", 8}});
inline constexpr auto sctp_path_states = std::to_array<ValueName>(
    {{"INACTIVE", 0}, {"PF", 1}, {"ACTIVE", 2}, {"UNCONFIRMED", 3}, {"UNKNOWN", 0xffff}});
// struct sctp_status, which ends with a struct sctp_paddrinfo.
inline constexpr auto sctp_status_members =
    std::to_array<Member>({{"state", 4, 4, "", sctp_states},
                           {"peer_window", 8, 4, "bytes"},
                           {"unacked", 12, 2, "chunks"},
                           {"pending", 14, 2, "chunks"},
                           {"in_streams", 16, 2},
                           {"out_streams", 18, 2},
                           {"fragmentation_point", 20, 4, "bytes"},
                           {"primary", 28, 128, "", {}, MemberForm::endpoint},
                           {"primary_state", 156, 4, "", sctp_path_states},
                           {"cwnd", 160, 4, "bytes"},
                           {"srtt", 164, 4, "ms"},
                           {"rto", 168, 4, "ms"},
                           {"mtu", 172, 4, "bytes"}});
inline constexpr auto sctp_delay_members =
    std::to_array<Member>({{"delay", 4, 4, "ms"}, {"frequency", 8, 4, "packets"}});
inline constexpr auto sctp_key_members = std::to_array<Member>({{"key_number", 4, 2}});
inline constexpr auto sctp_threshold_members =
    std::to_array<Member>({{"max_retransmits", 136, 2},
                           {"failure_threshold", 138, 2},
                           {"change_threshold", 140, 2, "", {}, MemberForm::number, true}});
inline constexpr auto sctp_statistics_members =
    std::to_array<Member>({{"max_rto_address", 8, 128, "", {}, MemberForm::endpoint},
                           {"max_rto", 136, 8, "ms"},
                           {"sacks_in", 144, 8},
                           {"sacks_out", 152, 8},
                           {"packets_out", 160, 8},
                           {"packets_in", 168, 8},
                           {"retransmitted", 176, 8, "chunks"},
                           {"out_of_sequence", 184, 8, "chunks"},
                           {"duplicates", 192, 8, "chunks"},
                           {"gap_acks", 200, 8},
                           {"unordered_out", 208, 8, "chunks"},
                           {"unordered_in", 216, 8, "chunks"},
                           {"ordered_out", 224, 8, "chunks"},
                           {"ordered_in", 232, 8, "chunks"},
                           {"control_out", 240, 8, "chunks"},
                           {"control_in", 248, 8, "chunks"}});
inline constexpr auto sctp_policies =
    std::to_array<ValueName>({{"none", 0}, {"ttl", 0x10}, {"rtx", 0x20}, {"prio", 0x30}});
inline constexpr auto sctp_reliability_members =
    std::to_array<Member>({{"value", 4, 4}, {"policy", 8, 2, "", sctp_policies}});
inline constexpr auto sctp_abandoned_members =
    std::to_array<Member>({{"unsent", 8, 8, "messages"}, {"sent", 16, 8, "messages"}});
inline constexpr auto sctp_all_policies = std::to_array<Preset>({{6, 2, 0x80}});
inline constexpr auto sctp_reset_bits =
    std::to_array<ValueName>({{"streams", 1}, {"assoc", 2}, {"change", 4}});
inline constexpr auto sctp_added_members =
    std::to_array<Member>({{"in_streams", 4, 2}, {"out_streams", 6, 2}});
inline constexpr auto sctp_schedulers = std::to_array<ValueName>(
    {{"fcfs", 0}, {"priority", 1}, {"round-robin", 2}, {"fair-capacity", 3}, {"weighted", 4}});
inline constexpr auto sctp_stream_members =
    std::to_array<Member>({{"stream", 4, 2}, {"value", 6, 2}});
inline constexpr auto sctp_port_members =
    std::to_array<Member>({{"port", 136, 2, "", {}, MemberForm::big_endian}});
inline constexpr auto sctp_interval_members = std::to_array<Member>({{"interval", 136, 4, "ms"}});
inline constexpr auto sctp_exposures =
    std::to_array<ValueName>({{"unset", 0}, {"off", 1}, {"on", 2}});

// struct tpacket_req3, of which TPACKET_V1 and V2 use the first four members.
inline constexpr auto packet_ring_members =
    std::to_array<Member>({{"block_size", 0, 4, "bytes"},
                           {"blocks", 4, 4},
                           {"frame_size", 8, 4, "bytes"},
                           {"frames", 12, 4},
                           {"block_timeout", 16, 4, "ms", {}, MemberForm::number, true},
                           {"private_size", 20, 4, "bytes", {}, MemberForm::number, true},
                           {"features", 24, 4, "", {}, MemberForm::number, true}});
inline constexpr auto packet_modes =
    std::to_array<ValueName>({{"multicast", 0}, {"promisc", 1}, {"allmulti", 2}, {"unicast", 3}});
inline constexpr auto packet_membership_members = std::to_array<Member>(
    {{"interface", 0, 4, "", {}, MemberForm::interface_index}, {"mode", 4, 2, "", packet_modes}});
inline constexpr auto packet_statistics_members =
    std::to_array<Member>({{"packets", 0, 4}, {"drops", 4, 4}, {"freezes", 8, 4}});
inline constexpr auto packet_rollover_members =
    std::to_array<Member>({{"all", 0, 8}, {"huge", 8, 8}, {"failed", 16, 8}});
inline constexpr auto packet_fanout_modes = std::to_array<ValueName>({{"hash", 0},
                                                                      {"lb", 1},
                                                                      {"cpu", 2},
                                                                      {"rollover", 3},
                                                                      {"rnd", 4},
                                                                      {"qm", 5},
                                                                      {"cbpf", 6},
                                                                      {"ebpf", 7}});
inline constexpr auto packet_fanout_flags = std::to_array<ValueName>(
    {{"rollover", 0x10}, {"uniqueid", 0x20}, {"ignore_outgoing", 0x40}, {"defrag", 0x80}});

// struct mptcp_info of Linux 6.18; members are only ever appended.
inline constexpr auto mptcp_flags =
    std::to_array<ValueName>({{"fallback", 1}, {"remote_key_received", 2}});
inline constexpr auto mptcp_info_members =
    std::to_array<Member>({{"subflows", 0, 1},
                           {"add_addr_signal", 1, 1},
                           {"add_addr_accepted", 2, 1},
                           {"subflows_max", 3, 1},
                           {"add_addr_signal_max", 4, 1},
                           {"add_addr_accepted_max", 5, 1},
                           {"flags", 8, 4, "", mptcp_flags, MemberForm::mask},
                           {"token", 12, 4, "", {}, MemberForm::identifier},
                           {"write_seq", 16, 8, "", {}, MemberForm::identifier},
                           {"snd_una", 24, 8, "", {}, MemberForm::identifier},
                           {"rcv_nxt", 32, 8, "", {}, MemberForm::identifier},
                           {"local_addr_used", 40, 1},
                           {"local_addr_max", 41, 1},
                           {"csum_enabled", 42, 1},
                           {"retransmits", 44, 4},
                           {"bytes_retrans", 48, 8, "bytes"},
                           {"bytes_sent", 56, 8, "bytes"},
                           {"bytes_received", 64, 8, "bytes"},
                           {"bytes_acked", 72, 8, "bytes"},
                           {"subflows_total", 80, 1},
                           {"endp_laminar_max", 81, 1},
                           {"endp_fullmesh_max", 82, 1},
                           {"last_data_sent", 84, 4, "ms"},
                           {"last_data_recv", 88, 4, "ms"},
                           {"last_ack_recv", 92, 4, "ms"}});
// struct mptcp_full_info without room for its arrays.
inline constexpr auto mptcp_full_members = std::to_array<Member>({{"subflows", 16, 4}});

inline constexpr auto tls_versions =
    std::to_array<ValueName>({{"TLS_1_2", 0x303}, {"TLS_1_3", 0x304}});
inline constexpr auto tls_ciphers = std::to_array<ValueName>({{"AES_GCM_128", 51},
                                                              {"AES_GCM_256", 52},
                                                              {"AES_CCM_128", 53},
                                                              {"CHACHA20_POLY1305", 54},
                                                              {"SM4_GCM", 55},
                                                              {"SM4_CCM", 56},
                                                              {"ARIA_GCM_128", 57},
                                                              {"ARIA_GCM_256", 58}});
inline constexpr auto tls_members =
    std::to_array<Member>({{"version", 0, 2, "", tls_versions}, {"cipher", 2, 2, "", tls_ciphers}});

inline constexpr auto repair_window_members = std::to_array<Member>({{"snd_wl1", 0, 4},
                                                                     {"snd_wnd", 4, 4, "bytes"},
                                                                     {"max_window", 8, 4, "bytes"},
                                                                     {"rcv_wnd", 12, 4, "bytes"},
                                                                     {"rcv_wup", 16, 4}});
inline constexpr auto ao_flags = std::to_array<ValueName>({{"set_current", 1},
                                                           {"set_rnext", 2},
                                                           {"ao_required", 4},
                                                           {"set_counters", 8},
                                                           {"accept_icmps", 16}});
inline constexpr auto ao_info_members =
    std::to_array<Member>({{"flags", 0, 4, "", ao_flags, MemberForm::mask},
                           {"current_key", 6, 1, "", {}, MemberForm::number, true},
                           {"rnext", 7, 1, "", {}, MemberForm::number, true},
                           {"packets_good", 8, 8, "", {}, MemberForm::number, true},
                           {"packets_bad", 16, 8, "", {}, MemberForm::number, true},
                           {"key_not_found", 24, 8, "packets", {}, MemberForm::number, true},
                           {"ao_missing", 32, 8, "packets", {}, MemberForm::number, true},
                           {"dropped_icmps", 40, 8, "packets", {}, MemberForm::number, true}});
inline constexpr auto ao_repair_members =
    std::to_array<Member>({{"snt_isn", 0, 4, "", {}, MemberForm::big_endian},
                           {"rcv_isn", 4, 4, "", {}, MemberForm::big_endian},
                           {"snd_sne", 8, 4},
                           {"rcv_sne", 12, 4}});

inline constexpr auto memory_members =
    std::to_array<Member>({{"rmem_alloc", 0, 4, "bytes"},
                           with_trend(Trend::copy, {"rcvbuf", 4, 4, "bytes"}),
                           {"wmem_alloc", 8, 4, "bytes"},
                           with_trend(Trend::copy, {"sndbuf", 12, 4, "bytes"}),
                           {"fwd_alloc", 16, 4, "bytes"},
                           {"wmem_queued", 20, 4, "bytes"},
                           {"optmem", 24, 4, "bytes"},
                           {"backlog", 28, 4, "bytes"},
                           with_trend(Trend::counter, {"drops", 32, 4, "packets"})});
inline constexpr auto transmit_time_members =
    std::to_array<Member>({{"clock", 0, 4}, {"flags", 4, 4}});

// WSAPROTOCOL_INFO, of which A and W differ in the name at the end.
inline constexpr auto protocol_info_members = std::to_array<Member>({{"catalog_entry", 36, 4},
                                                                     {"version", 72, 4},
                                                                     {"family", 76, 4},
                                                                     {"type", 88, 4},
                                                                     {"protocol", 92, 4},
                                                                     {"message_size", 108, 4}});

}  // namespace sockbox::net::option_rows
