"""Everything accounts can do, on one page."""

from chassis import disclosing
from chassis.custom import defining
from chassis.custom import schemas as custom
from chassis.custom.rebuilding import INDEX_FIELD
from chassis.fields import Paged
from chassis.files import schemas as storing
from chassis.files import store
from chassis.following import DROPPED
from chassis.metrics import MERGES_OVERDUE
from chassis.rows import command, gauge, on, process, query, records, runs, timer
from chassis.service import Service
from contracts import analytics, erp, marketing, owning, sales, service_desk, tagging, telephony
from contracts import following as told
from services.accounts.processes import exports as exporting
from services.accounts.processes.allocation import ALLOCATION
from services.accounts.processes.classes import RECLASSIFY
from services.accounts.processes.imports import IMPORT, REVERT
from services.accounts.processes.merging import MERGE, UNMERGE
from services.accounts.processes.privacy import ERASE
from services.accounts.processes.rearming import REARM
from services.accounts.reads import allocations as allocation_reads
from services.accounts.reads import assets as asset_reads
from services.accounts.reads import attachments as attached
from services.accounts.reads import (
    cards,
    changes,
    compliance,
    customers,
    identification,
    identities,
    matching,
    subjects,
)
from services.accounts.reads import classes as class_reads
from services.accounts.reads import consents as consent_reads
from services.accounts.reads import contact_points as point_reads
from services.accounts.reads import directory as people
from services.accounts.reads import entities as group_reads
from services.accounts.reads import exports as export_reads
from services.accounts.reads import flags as flag_reads
from services.accounts.reads import imports as import_reads
from services.accounts.reads import keys as key_reads
from services.accounts.reads import leavers as leaver_reads
from services.accounts.reads import members as member_reads
from services.accounts.reads import merging as merge_reads
from services.accounts.reads import ndas as nda_reads
from services.accounts.reads import organisation as chart
from services.accounts.reads import policies as policy_reads
from services.accounts.reads import pools as pool_reads
from services.accounts.reads import privacy as privacy_reads
from services.accounts.reads import relationships as relation_reads
from services.accounts.reads import search as finding
from services.accounts.reads import traits as trait_reads
from services.accounts.reads import views as by
from services.accounts.reads.disclosing import DISCLOSING
from services.accounts.resources import RESOURCES
from services.accounts.schemas import allocations as allocating
from services.accounts.schemas import assets as owned
from services.accounts.schemas import attachments as attaching
from services.accounts.schemas import classes as sorting
from services.accounts.schemas import compliance as dutiful
from services.accounts.schemas import consents as allowing
from services.accounts.schemas import contact_points as points
from services.accounts.schemas import contacts as talking
from services.accounts.schemas import customers as schemas
from services.accounts.schemas import directory as staff
from services.accounts.schemas import drops as dropping
from services.accounts.schemas import entities as companies
from services.accounts.schemas import exports as leaving
from services.accounts.schemas import flags as warning
from services.accounts.schemas import imports as files
from services.accounts.schemas import keys as known
from services.accounts.schemas import matching as matched
from services.accounts.schemas import members as club
from services.accounts.schemas import merging as merges
from services.accounts.schemas import ndas as silence
from services.accounts.schemas import organisation as org
from services.accounts.schemas import partners as outside
from services.accounts.schemas import policies as offering
from services.accounts.schemas import pools as pooling
from services.accounts.schemas import privacy as asking
from services.accounts.schemas import relationships as related
from services.accounts.schemas import search as wanted
from services.accounts.schemas import traits as character
from services.accounts.schemas import views
from services.accounts.usecases import (
    allocations,
    answering,
    assets,
    attachments,
    caps,
    classes,
    contacts,
    dealings,
    directory,
    drop_timers,
    drops,
    erasing,
    following,
    imports,
    interactions,
    keys,
    leavers,
    meetings,
    members,
    ndas,
    organisation,
    ownership,
    partners,
    policies,
    pools,
    privacy,
    reverts,
    search,
    stages,
    tiers,
    traits,
)
from services.accounts.usecases import consents as consent
from services.accounts.usecases import contact_points as reaching
from services.accounts.usecases import customers as master
from services.accounts.usecases import entities as group
from services.accounts.usecases import flags as flagging
from services.accounts.usecases import matching as match_rules
from services.accounts.usecases import relationships as relating
from services.accounts.usecases import sales as selling
from services.accounts.usecases import timeline as noting


class Accounts(Service):
    """Who our customers are, and who we are."""

    name = "accounts"

    # customers
    find_matches = query(
        matching.find_matches, accepts=schemas.FindMatches(), shows=schemas.MatchesShown(),
        needs="match.read",
    )  # fmt: skip
    register_customer = command(master.register_customer, accepts=schemas.RegisterCustomer(),
        shows=schemas.RegisteredShown(), needs="customer.write")  # fmt: skip
    update_customer = command(
        master.update_customer, accepts=schemas.UpdateCustomer(), shows=schemas.CustomerShown(),
        needs="customer.write",
    )  # fmt: skip
    identify = query(
        identification.identify, accepts=views.Identify(), shows=views.IdentifiedShown(),
        needs="customer.read",
    )  # fmt: skip
    assign_owner = command(
        ownership.assign_owner, accepts=schemas.AssignOwner(), shows=schemas.CustomerShown(),
        needs="customer.assign",
    )  # fmt: skip
    ownership_history = query(customers.ownership_history, accepts=schemas.PagedCustomer(),
        shows=schemas.OwnershipShown(), needs="customer.read")  # fmt: skip
    customer_card = query(
        cards.customer_card, accepts=schemas.OneCustomer(), shows=views.CardShown(),
        needs="customer.read",
    )  # fmt: skip

    # matching
    match_policies = query(
        matching.match_policies, accepts=matched.NoArguments(), shows=matched.RulesShown(),
        needs="policy.read",
    )  # fmt: skip
    set_match_policy = command(
        match_rules.set_match_policy, accepts=matched.SetMatchPolicy(), shows=matched.RuleShown(),
        needs="policy.write",
    )  # fmt: skip

    # what partners send
    erp_customers = on(
        erp.CUSTOMER_UPSERT, partners.take_customer, accepts=outside.CustomerUpsert(),
        refused=partners.refuse_customer,
    )  # fmt: skip

    # search
    search_customers = query(
        finding.search_customers, accepts=wanted.SearchCustomers(), shows=wanted.FoundShown(),
        needs="customer.read",
    )  # fmt: skip
    index_customers = timer(search.INDEX_DUE, search.index_more)

    # contacts and interactions
    register_contact = command(
        contacts.register_contact, accepts=talking.RegisterContact(), needs="contact.write"
    )
    update_contact = command(
        contacts.update_contact, accepts=talking.UpdateContact(), shows=talking.ContactShown(),
        needs="contact.write",
    )  # fmt: skip
    record_interaction = command(
        interactions.record_interaction, accepts=talking.RecordInteraction(),
        needs="interaction.write",
    )  # fmt: skip
    attach_file = command(
        attachments.attach_file, accepts=attaching.AttachFile(), shows=attaching.AttachedShown(),
        needs="interaction.write",
    )  # fmt: skip
    interaction_files = query(attached.interaction_files, accepts=attaching.OneInteraction(),
        shows=attaching.FilesShown(), needs="interaction.read")  # fmt: skip
    interaction_file = query(attached.interaction_file, accepts=attaching.InteractionPiece(),
        shows=storing.PieceShown(), needs="interaction.read")  # fmt: skip
    timeline = query(
        customers.timeline, accepts=schemas.PagedCustomer(), shows=talking.InteractionShown(),
        needs="interaction.read",
    )  # fmt: skip

    # the ways to reach customers and contacts
    add_contact_point = command(reaching.add_contact_point, needs="customer.write",
        accepts=points.AddContactPoint(), shows=points.PointShown())  # fmt: skip
    update_contact_point = command(reaching.update_contact_point, needs="customer.write",
        accepts=points.UpdateContactPoint(), shows=points.PointShown())  # fmt: skip
    make_primary = command(reaching.make_primary, needs="customer.write",
        accepts=points.MakePrimary(), shows=points.PointShown())  # fmt: skip
    remove_contact_point = command(reaching.remove_contact_point, needs="customer.write",
        accepts=points.OnePoint())  # fmt: skip
    contact_points = query(point_reads.contact_points, needs="customer.read",
        accepts=points.PagedPoints(), shows=points.PointShown())  # fmt: skip
    # what customers are to each other
    relate = command(relating.relate, needs="customer.write",
        accepts=related.Relate(), shows=related.RelationshipShown())  # fmt: skip
    update_relationship = command(relating.update_relationship, needs="customer.write",
        accepts=related.UpdateRelationship(), shows=related.RelationshipShown())  # fmt: skip
    relationships = query(relation_reads.relationships, needs="customer.read",
        accepts=related.PagedRelationships(), shows=related.SideShown())  # fmt: skip
    referrals = query(relation_reads.referrals, needs="customer.read",
        accepts=schemas.OneCustomer(), shows=related.ReferralsShown())  # fmt: skip
    # words on customers, keys in other systems, what somebody likes
    tag_customer = command(keys.tag_customer, needs="customer.write",
        accepts=known.TagCustomer(), shows=schemas.CustomerShown())  # fmt: skip
    set_preferences = command(keys.set_preferences, needs="customer.write",
        accepts=known.SetPreferences(), shows=known.PreferencesShown())  # fmt: skip
    add_external_id = command(keys.add_external_id, needs="customer.write",
        accepts=known.KeyOfCustomer(), shows=schemas.CustomerShown())  # fmt: skip
    remove_external_id = command(keys.remove_external_id, needs="customer.write",
        accepts=known.KeyOfCustomer(), shows=schemas.CustomerShown())  # fmt: skip
    external_ids = query(key_reads.external_ids, needs="customer.read",
        accepts=known.PagedKeys(), shows=known.KeyShown())  # fmt: skip
    # how a customer is organised inside, and regular meetings
    add_department = command(organisation.add_department, needs="contact.write",
        accepts=org.AddDepartment(), shows=org.DepartmentShown())  # fmt: skip
    update_department = command(organisation.update_department, needs="contact.write",
        accepts=org.UpdateDepartment(), shows=org.DepartmentShown())  # fmt: skip
    remove_department = command(organisation.remove_department, needs="contact.write",
        accepts=org.OneDepartment())  # fmt: skip
    departments = query(chart.departments, needs="contact.read",
        accepts=schemas.PagedCustomer(), shows=org.DepartmentShown())  # fmt: skip
    place_contact = command(organisation.place_contact, needs="contact.write",
        accepts=org.PlaceContact(), shows=talking.ContactShown())  # fmt: skip
    schedule_meetings = command(meetings.schedule_meetings, needs="interaction.write",
        accepts=org.ScheduleMeetings(), shows=org.SeriesShown())  # fmt: skip
    stop_meetings = command(meetings.stop_meetings, needs="interaction.write",
        accepts=org.OneSeries(), shows=org.SeriesShown())  # fmt: skip
    meetings_of = query(chart.meetings, needs="interaction.read",
        accepts=schemas.PagedCustomer(), shows=org.SeriesShown())  # fmt: skip
    meeting_due = timer(meetings.DUE, meetings.meet)
    # what customers have of our products
    record_asset = command(assets.record_asset, needs="customer.write",
        accepts=owned.RecordAsset(), shows=owned.AssetShown())  # fmt: skip
    update_asset = command(assets.update_asset, needs="customer.write",
        accepts=owned.UpdateAsset(), shows=owned.AssetShown())  # fmt: skip
    remove_asset = command(assets.remove_asset, needs="customer.write", accepts=owned.OneAsset())
    assets_of = query(asset_reads.assets, needs="customer.read",
        accepts=owned.PagedAssets(), shows=owned.AssetShown())  # fmt: skip
    # what is kept confidential
    record_nda = command(ndas.record_nda, needs="customer.write",
        accepts=silence.RecordNda(), shows=silence.NdaShown())  # fmt: skip
    update_nda = command(ndas.update_nda, needs="customer.disclose",
        accepts=silence.UpdateNda(), shows=silence.NdaShown())  # fmt: skip
    ndas_of = query(nda_reads.ndas, needs="customer.read",
        accepts=schemas.PagedCustomer(), shows=silence.NdaShown())  # fmt: skip
    may_disclose = query(nda_reads.may_disclose, needs="customer.read",
        accepts=silence.MayDisclose(), shows=silence.MayDiscloseShown())  # fmt: skip
    # what is known of customers as people, and what they did
    set_trait = command(traits.set_trait, needs="trait.write",
        accepts=character.SetTrait(), shows=character.TraitSet())  # fmt: skip
    traits_of = query(trait_reads.traits, needs="trait.read",
        accepts=character.PagedTraits(), shows=character.TraitShown())  # fmt: skip
    set_sensitive_trait = command(traits.set_sensitive_trait, needs="sensitive_trait.write",
        accepts=character.SetSensitiveTrait(), shows=character.TraitSet())  # fmt: skip
    sensitive_traits_of = query(trait_reads.sensitive_traits, needs="sensitive_trait.read",
        accepts=character.PagedTraits(), shows=character.TraitShown())  # fmt: skip
    record_behaviour = command(traits.record_behaviour, needs="trait.write",
        accepts=character.RecordBehaviour(), shows=character.RecordedShown())  # fmt: skip
    behaviour_of = query(trait_reads.behaviour, needs="trait.read",
        accepts=character.PagedBehaviour(), shows=character.FactShown())  # fmt: skip

    # members of the club; all customers by product, channel, relationship, value
    register_member = command(members.register_member, needs="customer.write",
        accepts=club.RegisterMember(), shows=club.MembershipShown())  # fmt: skip
    update_membership = command(members.update_membership, needs="customer.write",
        accepts=club.UpdateMembership(), shows=club.MembershipShown())  # fmt: skip
    memberships_of = query(member_reads.memberships, needs="customer.read",
        accepts=schemas.PagedCustomer(), shows=club.MembershipShown())  # fmt: skip
    find_member = query(member_reads.find_member, needs="customer.read",
        accepts=club.FindMember(), shows=club.MembershipShown())  # fmt: skip
    customers_by = query(by.customers_by, needs="customer.read",
        accepts=club.PagedGroup(), shows=schemas.CustomerShown())  # fmt: skip
    customer_groups = query(by.customer_groups, needs="customer.read",
        accepts=club.PagedGroups(), shows=club.GroupShown())  # fmt: skip

    # consents
    set_consent = command(
        consent.set_consent, accepts=allowing.SetConsent(), shows=allowing.ConsentShown(),
        needs="consent.write",
    )  # fmt: skip
    set_consents = command(
        consent.set_consents, accepts=allowing.SetConsents(), shows=allowing.VerdictsShown(),
        needs="consent.write",
    )  # fmt: skip
    consents = query(
        consent_reads.consents, accepts=schemas.PagedCustomer(), shows=allowing.ConsentShown(),
        needs="consent.read",
    )  # fmt: skip

    # consents that the customer confirms by a link, and those that run out
    ask_consent = command(
        consent.ask_consent, accepts=allowing.AskConsent(), shows=allowing.ConsentRequestShown(),
        needs="consent.write",
    )  # fmt: skip
    consent_form = query(consent_reads.consent_form, accepts=allowing.ConsentLink(),
        shows=allowing.ConsentFormShown(), needs="consent.read")  # fmt: skip
    confirm_consent = command(consent.confirm_consent, accepts=allowing.ConsentLink(),
        shows=allowing.ConsentFormShown(), needs="consent.write")  # fmt: skip
    expire_consents = timer(consent.EXPIRY, consent.expire)
    # public pools, claims, locks
    register_pool = command(
        pools.register_pool, accepts=pooling.RegisterPool(), shows=pooling.PoolShown(),
        needs="pool.write",
    )  # fmt: skip
    update_pool = command(
        pools.update_pool, accepts=pooling.UpdatePool(), shows=pooling.PoolShown(),
        needs="pool.write",
    )  # fmt: skip
    pool_customers = query(
        pool_reads.pool_customers, accepts=pooling.PagedPool(), shows=pooling.PooledShown(),
        needs="pool.read",
    )  # fmt: skip
    claim_customer = command(
        pools.claim_customer, accepts=pooling.ClaimCustomer(), shows=schemas.CustomerShown(),
        needs="pool.claim",
    )  # fmt: skip
    claim_customers = command(
        pools.claim_customers, accepts=pooling.ClaimCustomers(), shows=pooling.ClaimsShown(),
        needs="pool.claim",
    )  # fmt: skip
    release_customer = command(
        pools.release_customer, accepts=pooling.ReleaseCustomer(), shows=schemas.CustomerShown(),
        needs="customer.release",
    )  # fmt: skip
    lock_customer = command(
        caps.lock_customer, accepts=pooling.LockCustomer(), shows=schemas.CustomerShown(),
        needs="customer.lock",
    )  # fmt: skip
    unlock_customer = command(
        caps.unlock_customer, accepts=pooling.LockCustomer(), shows=schemas.CustomerShown(),
        needs="customer.lock",
    )  # fmt: skip
    register_drop_rule = command(drops.register_drop_rule, accepts=dropping.RegisterDropRule(),
        shows=dropping.DropRuleShown(), needs="pool.write")  # fmt: skip
    update_drop_rule = command(drops.update_drop_rule, accepts=dropping.UpdateDropRule(),
        shows=dropping.DropRuleShown(), needs="pool.write")  # fmt: skip
    rearm_drops = runs(REARM)
    drop_customers = timer(drop_timers.DROP_DUE, drops.look)
    allocate_customers = command(
        allocations.allocate_customers, accepts=allocating.AllocateCustomers(),
        shows=allocating.AllocationShown(), needs="customer.allocate",
    )  # fmt: skip
    hand_over = command(
        allocations.hand_over, accepts=allocating.HandOver(), shows=allocating.AllocationShown(),
        needs="customer.handover",
    )  # fmt: skip
    hand_over_status = query(leaver_reads.hand_over_status, accepts=allocating.OneAllocation(),
        shows=allocating.HandOverStatusShown(), needs="customer.handover")  # fmt: skip
    sales_took_over = on(owning.SalesStaffFollowed, leavers.note_followed)
    desk_took_over = on(owning.ServiceDeskStaffFollowed, leavers.note_followed)
    telephony_took_over = on(owning.TelephonyStaffFollowed, leavers.note_followed)
    chase_hand_overs = timer(leavers.OVERDUE, leavers.look_for_missing)
    await_allocation = process(
        ALLOCATION, accepts=allocating.OneAllocation(), needs="customer.allocate"
    )
    allocation_items = query(
        allocation_reads.allocation_items, accepts=allocating.PagedAllocation(),
        shows=allocating.AllocationItemShown(), needs="customer.allocate",
    )  # fmt: skip
    business_done = on(
        (sales.OpportunityOpened, sales.OpportunityWon, sales.OpportunityLost),
        dealings.note_business,
    )
    # merging: several customers turn out to be one, in every service
    preview_merge = query(
        merge_reads.preview_merge, accepts=merges.PreviewMerge(), shows=merges.PreviewShown(),
        needs="customer.merge",
    )  # fmt: skip
    merge_customers = process(MERGE, accepts=merges.MergeCustomers(), needs="customer.merge")
    unmerge_customers = process(UNMERGE, accepts=merges.UnmergeCustomers(), needs="customer.merge")
    merge_status = query(
        merge_reads.merge_status, accepts=merges.OneMerge(), shows=merges.StatusShown(),
        needs="customer.merge",
    )  # fmt: skip
    sales_followed = on(told.SalesFollowed, answering.note_followed)
    desk_followed = on(told.ServiceDeskFollowed, answering.note_followed)
    marketing_followed = on(told.MarketingFollowed, answering.note_followed)
    telephony_followed = on(told.TelephonyFollowed, answering.note_followed)
    analytics_followed = on(told.AnalyticsFollowed, answering.note_followed)
    chase_followers = timer(following.OVERDUE, following.look_for_missing)
    merges_overdue = gauge(MERGES_OVERDUE, merge_reads.overdue)

    # what data subjects ask of us
    receive_request = command(
        privacy.receive_request, accepts=asking.ReceiveRequest(), shows=asking.RequestShown(),
        needs="privacy.write",
    )  # fmt: skip
    verify_request = command(
        privacy.verify_request, accepts=asking.VerifyRequest(), shows=asking.RequestShown(),
        needs="privacy.write",
    )  # fmt: skip
    refuse_request = command(
        privacy.refuse_request, accepts=asking.RefuseRequest(), shows=asking.RequestShown(),
        needs="privacy.write",
    )  # fmt: skip
    complete_request = command(
        privacy.complete_request, accepts=asking.ChangeRequest(), shows=asking.RequestShown(),
        needs="privacy.write",
    )  # fmt: skip
    erase_customer = process(ERASE, accepts=asking.ChangeRequest(), needs="privacy.write")
    privacy_requests = query(privacy_reads.privacy_requests, accepts=asking.PagedRequests(),
        shows=asking.RequestShown(), needs="privacy.read")  # fmt: skip
    erasure_certificate = query(privacy_reads.erasure_certificate, accepts=asking.OneRequest(),
        shows=asking.CertificateShown(), needs="privacy.read")  # fmt: skip
    erased_identities = query(identities.erased_identities, accepts=asking.PagedIdentities(),
        shows=asking.IdentityShown(), needs="privacy.read")  # fmt: skip
    data_subject = query(subjects.data_subject, accepts=asking.OneRequest(),
        shows=asking.SubjectShown(), needs="privacy.disclose")  # fmt: skip
    subject_identities = query(subjects.subject_identities, accepts=asking.PagedIdentities(),
        shows=asking.IdentityShown(), needs="privacy.disclose")  # fmt: skip
    customer_data = disclosing.row(DISCLOSING, needs="privacy.disclose")
    note_access_file = command(privacy.note_access_file, accepts=asking.NoteAccessFile(),
        shows=asking.RequestShown(), needs="privacy.disclose")  # fmt: skip
    count_dropped = timer(DROPPED, erasing.note_own_parked)
    watch_requests = timer(privacy.DEADLINE, privacy.warn)

    # flags and credit
    raise_flag = command(
        flagging.raise_flag, accepts=warning.RaiseFlag(), shows=warning.FlagShown(),
        needs="flag.write",
    )  # fmt: skip
    lift_flag = command(
        flagging.lift_flag,
        accepts=warning.LiftFlag(),
        shows=warning.FlagShown(),
        needs="flag.write",
    )
    set_credit = command(
        flagging.set_credit, accepts=warning.SetCredit(), shows=warning.CreditShown(),
        needs="flag.judge",
    )  # fmt: skip
    flags = query(flag_reads.flags, accepts=schemas.PagedCustomer(), shows=warning.FlagShown(),
        needs="customer.read")  # fmt: skip
    may_contact = query(
        flag_reads.may_contact, accepts=warning.MayContact(), shows=warning.MayContactShown(),
        needs="customer.read",
    )  # fmt: skip
    expire_flags = timer(flagging.EXPIRY, flagging.expire)

    # classes and stages
    explain_class = query(class_reads.explain_class, accepts=schemas.OneCustomer(),
        shows=sorting.ExplanationShown(), needs="customer.read")  # fmt: skip
    class_policy = query(
        class_reads.class_policy, shows=sorting.ClassPolicyShown(), needs="policy.read"
    )
    set_class_policy = command(classes.set_class_policy, accepts=sorting.SetClassPolicy(),
        shows=sorting.ClassPolicyShown(), needs="policy.write")  # fmt: skip
    move_customer_stage = command(stages.move_customer_stage, accepts=sorting.MoveCustomerStage(),
        shows=schemas.CustomerShown(), needs="customer.write")  # fmt: skip
    stage_history = query(class_reads.stage_history, accepts=schemas.PagedCustomer(),
        shows=sorting.StageChangeShown(), needs="customer.read")  # fmt: skip
    leads_heard = on(
        (sales.LeadMatched, sales.LeadConverted, sales.OpportunityOpened), stages.note_sale
    )
    lead_tags = on(tagging.LeadTagged, keys.keep_tags_of_lead)
    surveys_answered = on(service_desk.SurveyAnswered, classes.note_survey)
    recheck_classes = timer(classes.CLASS_DUE, classes.recheck)
    reclassify = runs(RECLASSIFY)
    reclassify_customers = command(
        classes.reclassify_customers, shows=sorting.ReclassifyShown(), needs="policy.write"
    )

    # what which customers are offered
    service_policy = query(policy_reads.service_policy, accepts=schemas.OneCustomer(),
        shows=offering.ServicePolicyShown(), needs="customer.read")  # fmt: skip
    policy_exclusions = query(policy_reads.policy_exclusions, accepts=offering.PolicyExclusions(),
        shows=offering.PolicyCellShown(), needs="policy.read")  # fmt: skip
    set_policy_cell = command(policies.set_policy_cell, accepts=offering.SetPolicyCell(),
        shows=offering.PolicyCellShown(), needs="policy.write")  # fmt: skip
    clear_policy_cell = command(
        policies.clear_policy_cell, accepts=offering.ClearPolicyCell(), needs="policy.write"
    )
    weigh_customer = command(policies.weigh_customer, accepts=offering.WeighCustomer(),
        shows=schemas.CustomerShown(), needs="customer.write")  # fmt: skip

    # what was done for the law and for what is fair
    compliance_log = query(
        compliance.compliance_log, accepts=dutiful.AskCompliance(), needs="audit.read"
    )

    # what other departments tell
    scores = on(analytics.CustomerScored, tiers.note_tier)
    unsubscribed = on(marketing.Unsubscribed, consent.withdraw)
    sales_made = on(
        (sales.OrderPlaced, sales.OrderRevised, sales.QuoteSent, sales.QuoteAccepted),
        selling.follow_sale,
    )
    calls_ended = on((telephony.CallEnded, telephony.CallCorrected), noting.note_call)
    service_given = on(
        (service_desk.CaseOpened, service_desk.CaseClosed, service_desk.SurveyAnswered),
        noting.note_service,
    )
    messages_sent = on(
        (marketing.TouchSettled, marketing.ResponseRecorded, marketing.ResponseWithdrawn),
        noting.note_campaign,
    )

    # files
    upload_file = command(
        store.upload, accepts=storing.UploadFile(), shows=storing.FileShown(), needs="file.write"
    )
    file_piece = query(
        store.piece, accepts=storing.FilePiece(), shows=storing.PieceShown(), needs="file.read"
    )
    file_status = query(
        store.status, accepts=storing.OneFile(), shows=storing.FileShown(), needs="file.read"
    )
    expire_files = timer(store.EXPIRED, store.forget)

    # import
    start_import = command(
        imports.start_import, accepts=files.StartImport(), shows=files.ImportShown(),
        needs="customer.import", timeout_seconds=60,  # a workbook is opened
    )  # fmt: skip
    await_import = process(IMPORT, accepts=files.OneImport(), needs="customer.import")
    import_status = query(
        import_reads.import_status, accepts=files.OneImport(), shows=files.ImportShown(),
        needs="customer.import",
    )  # fmt: skip
    stop_import = command(imports.stop_import, accepts=files.OneImport(), shows=files.ImportShown(),
        needs="customer.import")  # fmt: skip
    resume_import = command(
        imports.resume_import, accepts=files.OneImport(), shows=files.ImportShown(),
        needs="customer.import",
    )  # fmt: skip
    revert_import = command(
        reverts.revert_import, accepts=files.OneImport(), shows=files.ImportShown(),
        needs="customer.import",
    )  # fmt: skip
    run_reverts = runs(REVERT)
    expire_images = timer(imports.IMAGES_EXPIRED, reverts.forget_images)
    import_refusals = query(
        import_reads.import_refusals, accepts=files.Refusals(), shows=files.RefusalsShown(),
        needs="customer.import",
    )  # fmt: skip

    import_verdicts = query(
        import_reads.import_verdicts, accepts=files.Refusals(), shows=files.RefusalsShown(),
        needs="customer.import",
    )  # fmt: skip

    # export
    start_export = command(
        exporting.start_export, accepts=leaving.StartExport(), shows=leaving.ExportShown(),
        needs="customer.export",
    )  # fmt: skip
    await_export = process(exporting.EXPORT, accepts=leaving.OneExport(), needs="customer.export")
    export_status = query(
        export_reads.export_status, accepts=leaving.OneExport(), shows=leaving.ExportShown(),
        needs="customer.export",
    )  # fmt: skip

    # the directory
    register_staff = command(
        directory.register_staff, accepts=staff.RegisterStaff(), shows=staff.StaffShown(),
        needs="directory.write",
    )  # fmt: skip
    update_staff = command(
        directory.update_staff, accepts=staff.UpdateStaff(), shows=staff.StaffShown(),
        needs="directory.write",
    )  # fmt: skip
    grant_role = command(directory.grant_role, accepts=staff.ChangeRole(), shows=staff.StaffShown(),
        needs="directory.write")  # fmt: skip
    revoke_role = command(
        directory.revoke_role, accepts=staff.ChangeRole(), shows=staff.StaffShown(),
        needs="directory.write",
    )  # fmt: skip
    set_absence = command(
        directory.set_absence, accepts=staff.SetAbsence(), shows=staff.AbsenceShown(),
        needs="directory.write",
    )  # fmt: skip
    cancel_absence = command(
        directory.cancel_absence, accepts=staff.CancelAbsence(), needs="directory.write"
    )
    absences = query(people.absences, accepts=staff.PagedStaff(), shows=staff.AbsenceShown(),
        needs="directory.read")  # fmt: skip
    register_territory = command(directory.register_territory, accepts=staff.RegisterTerritory(),
        shows=staff.TerritoryShown(), needs="directory.write")  # fmt: skip
    update_territory = command(directory.update_territory, accepts=staff.UpdateTerritory(),
        shows=staff.TerritoryShown(), needs="directory.write")  # fmt: skip
    # the entities of the group
    register_entity = command(
        group.register_entity, accepts=companies.RegisterEntity(), shows=companies.EntityShown(),
        needs="entity.write",
    )  # fmt: skip
    update_entity = command(
        group.update_entity, accepts=companies.UpdateEntity(), shows=companies.EntityShown(),
        needs="entity.write",
    )  # fmt: skip
    entities = query(
        group_reads.entities, accepts=Paged(), shows=companies.EntityShown(), needs="directory.read"
    )
    share_customer = command(
        group.share_customer, accepts=companies.ShareCustomer(), shows=companies.SharingShown(),
        needs="customer.share",
    )  # fmt: skip
    shared_customers = query(group_reads.shared_customers, accepts=companies.SharedCustomers(),
        shows=companies.SharedShown(), needs="customer.read")  # fmt: skip
    shared_customer = query(group_reads.shared_customer, accepts=schemas.OneCustomer(),
        shows=companies.SharedCardShown(), needs="customer.read")  # fmt: skip

    token_claims = query(people.token_claims, accepts=staff.OneStaff(), shows=staff.ClaimsShown(),
        needs="token.issue")  # fmt: skip

    # custom fields
    define_field = command(
        defining.define_field, accepts=custom.DefineField(), shows=custom.FieldShown(),
        needs="field.write",
    )  # fmt: skip
    change_field = command(
        defining.change_field, accepts=custom.ChangeField(), shows=custom.FieldShown(),
        needs="field.write",
    )  # fmt: skip
    retire_field = command(
        defining.retire_field, accepts=custom.OneField(), shows=custom.FieldShown(),
        needs="field.write",
    )  # fmt: skip
    restore_field = command(
        defining.restore_field, accepts=custom.OneField(), shows=custom.FieldShown(),
        needs="field.write",
    )  # fmt: skip
    custom_fields = query(
        defining.custom_fields, accepts=custom.CustomFields(), shows=custom.FieldShown(),
        needs="field.read",
    )  # fmt: skip
    index_field = runs(INDEX_FIELD)

    # snapshots for copies
    customers_changed_since = query(
        changes.customers_changed_since, accepts=views.ChangedSince(), needs="customer.read"
    )
    staff_changed_since = query(
        changes.staff_changed_since, accepts=views.ChangedSince(), needs="directory.read"
    )
    territories_changed_since = query(
        changes.territories_changed_since, accepts=views.ChangedSince(), needs="directory.read"
    )
    consents_changed_since = query(
        changes.consents_changed_since, accepts=views.ChangedSince(), needs="consent.read"
    )

    fields_changed_since = query(
        changes.fields_changed_since, accepts=views.ChangedSince(), needs="field.read"
    )

    # plain records
    records = records(RESOURCES)
