// SPDX-License-Identifier: Apache-2.0
#include "mailbox/recipient.h"

#include "account/certificate_check.h"

namespace kvc::mailbox {

Result<RecipientCheck> check_recipient(const OpenAccount& account, std::string_view address, TimePoint now,
                                       const Cancel& cancel) {
  KVC_ASSIGN(auto certificate, account.session.client->certificate_of(account.session.credentials, address, cancel));
  if (!crypto::same_address(certificate.email(), address)) {
    return Status(error::certificate_foreign, "the server's certificate for the recipient names another address");
  }
  const crypto::ChainCheck chain = crypto::check_chain(*account.session.trust, certificate, now);
  if (!chain.trusted) {
    return Status(error::certificate_untrusted, "the recipient's certificate: " + chain.reason);
  }
  if (!chain.in_validity) {
    return Status(error::certificate_expired, "the recipient's certificate: " + chain.reason);
  }
  KVC_TRY(account::check_certificate_use(certificate));
  std::string issuer = chain.issuer ? chain.issuer->common_name() : std::string();
  auto deviations = crypto::user_profile_deviations(certificate);
  return RecipientCheck{std::move(certificate), std::move(issuer), std::move(deviations)};
}

}  // namespace kvc::mailbox
