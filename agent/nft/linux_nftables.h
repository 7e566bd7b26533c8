// The kernel's own headers of nf_tables, in the one order in which they compile
// beside the C library's.

#ifndef SUNDER_AGENT_NFT_LINUX_NFTABLES_H_
#define SUNDER_AGENT_NFT_LINUX_NFTABLES_H_

// clang-format off
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
// clang-format on

#endif  // SUNDER_AGENT_NFT_LINUX_NFTABLES_H_
