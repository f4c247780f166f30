"""The views of the star: what stands now, what stood when, whatever order the events came in.

An event's place among those of its subject is its sequence, never its arrival: late events cut the
history anew, and keys (customer, version) stay what they are.
"""

# name -> SQL, in the order in which they build on each other.
VIEWS: dict[str, str] = {
    # -- customers: the history cut from the log ------------------------------------------------
    # Who was entered by mistake is gone from then on, whatever was told before or comes late.
    "customer_known": """
        SELECT customer_id, min(occurred_at) AS known_from,
            min(occurred_at) FILTER (type LIKE '%.retracted.%') AS gone_from
        FROM fact_customer_event GROUP BY customer_id""",
    "customer_version": """
        WITH known AS (
            SELECT *,
                split_part(type, '.', 3) IN ('created', 'updated') AS tells_image,
                split_part(type, '.', 3) IN ('created', 'owner_changed') AS tells_owner
            FROM fact_customer_event WHERE type NOT LIKE '%.retracted.%'),
        filled AS (
            SELECT customer_id, version, sequence, event_id, max(occurred_at) OVER so_far AS instant,
                last_value(CASE WHEN tells_image THEN
                    {'kind': kind, 'segment': segment, 'country': country, 'region': region,
                     'state': state, 'entity_id': entity_id} END IGNORE NULLS) OVER so_far AS image,
                last_value(CASE WHEN tells_owner THEN
                    {'owner_id': owner_id, 'team_id': team_id, 'territory_id': territory_id}
                    END IGNORE NULLS) OVER so_far AS owner,
                last_value(tier IGNORE NULLS) OVER so_far AS tier
            FROM known
            WINDOW so_far AS (PARTITION BY customer_id ORDER BY version, sequence, event_id
                ROWS UNBOUNDED PRECEDING)),
        versions AS (
            SELECT *, min(instant) OVER (PARTITION BY customer_id, version) AS valid_from
            FROM filled
            QUALIFY row_number() OVER (
                PARTITION BY customer_id, version ORDER BY sequence DESC, event_id DESC) = 1)
        SELECT customer_id, version, valid_from,
            coalesce(lead(valid_from) OVER (PARTITION BY customer_id ORDER BY version), gone_from)
                AS valid_to,
            image.kind AS kind, image.segment AS segment, image.country AS country,
            image.region AS region, image.state AS state, owner.owner_id AS owner_id,
            owner.team_id AS team_id, owner.territory_id AS territory_id,
            image.entity_id AS entity_id, tier
        FROM versions JOIN customer_known USING (customer_id)""",
    "customer_now": "SELECT * FROM customer_version WHERE valid_to IS NULL",
    # -- products -------------------------------------------------------------------------------
    "product_now": """
        SELECT product_id, sku, name, category, sub_category, active
        FROM fact_product_event
        QUALIFY row_number() OVER (
            PARTITION BY product_id ORDER BY sequence DESC, event_id DESC) = 1""",
    # -- orders: the newest revision ------------------------------------------------------------
    # Most orders are told once; only those told again are sorted, which on ten million lines is
    # the difference between a probe and a sort.
    "order_superseded": """
        SELECT event_id FROM fact_order
        WHERE order_id IN (
            SELECT order_id FROM fact_order WHERE revision > 1 OR version > 1)
        QUALIFY row_number() OVER (
            PARTITION BY order_id ORDER BY revision DESC, sequence DESC, event_id DESC) > 1""",
    "order_line": """
        SELECT order_id, line_key, revision, customer_id, product_id, sku, ordered_on, quantity,
            discount, amount_minor, currency, status, ship_country, ship_region, ship_state,
            order_total_minor, external_system, external_id, entity_id
        FROM fact_order_line ANTI JOIN order_superseded USING (event_id)""",
    "order_now": """
        SELECT order_id, external_system, external_id, customer_id, ordered_on, currency,
            total_minor, line_count, status, ship_country, ship_region, ship_state, revision,
            version, occurred_at, entity_id
        FROM fact_order ANTI JOIN order_superseded USING (event_id)""",
    # -- leads, opportunities, quotes -----------------------------------------------------------
    "lead_now": """
        SELECT lead_id, arg_min(source, sequence) AS source, min(occurred_at) AS created_at,
            arg_max(split_part(type, '.', 3), sequence) AS last_told,
            arg_max(owner_id, sequence) FILTER (owner_id IS NOT NULL) AS owner_id,
            arg_max(customer_id, sequence) FILTER (customer_id IS NOT NULL) AS customer_id,
            arg_max(opportunity_id, sequence) FILTER (opportunity_id IS NOT NULL) AS opportunity_id,
            arg_max(reason, sequence) FILTER (type LIKE '%.disqualified.%') AS lost_reason
        FROM fact_lead_event GROUP BY lead_id""",
    "opportunity_now": """
        SELECT opportunity_id, customer_id, stage, amount_minor, currency, win_chance, occurred_at,
            version
        FROM fact_opportunity_event
        QUALIFY row_number() OVER (
            PARTITION BY opportunity_id ORDER BY sequence DESC, event_id DESC) = 1""",
    # -- calls ----------------------------------------------------------------------------------
    "call_now": """
        SELECT * FROM fact_call
        QUALIFY row_number() OVER (
            PARTITION BY call_id ORDER BY version DESC, sequence DESC, event_id DESC) = 1""",
    # -- cases: accumulating --------------------------------------------------------------------
    "case_now": """
        WITH told AS (
            SELECT case_id,
                any_value({'number': number, 'type': case_type, 'channel': channel,
                    'customer_id': customer_id, 'opened_at': opened_at, 'call_id': call_id,
                    'order_id': order_id, 'owner_id': owner_id, 'team_id': team_id})
                    FILTER (type LIKE '%.opened.%') AS opened,
                -- each is told only by events that decide it: opened, replanned, closed
                arg_max(severity, sequence) AS severity, arg_max(policy, sequence) AS policy,
                arg_max(deadlines, sequence) AS deadlines,
                max({'sequence': sequence, 'number': number, 'type': case_type,
                    'channel': channel, 'customer_id': customer_id,
                    'opened_at': opened_at, 'closed_at': closed_at, 'resolution': resolution,
                    'customer_view': customer_view, 'breached': breached,
                    'escalations': escalations, 'reopened': reopened,
                    'seconds_open': seconds_open}) FILTER (type LIKE '%.closed.%') AS closed,
                arg_max(state, sequence) FILTER (type LIKE '%.state_changed.%') AS state,
                arg_max(assignee_id, sequence) FILTER (type LIKE '%.assigned.%') AS assignee_id,
                list_sort(list(DISTINCT milestone) FILTER (type LIKE '%.breached.%'))
                    AS breached_milestones,
                count(*) FILTER (type LIKE '%.breached.%') AS breaches,
                count(*) FILTER (type LIKE '%.warned.%') AS warnings,
                coalesce(max(escalation_level), 0) AS escalation_level,
                count(*) FILTER (type LIKE '%.escalated.%') AS escalations
            FROM fact_case_event GROUP BY case_id)
        SELECT case_id, coalesce(opened.number, closed.number) AS number,
            coalesce(opened.type, closed.type) AS case_type,
            severity,
            coalesce(opened.channel, closed.channel) AS channel,
            coalesce(closed.customer_id, opened.customer_id) AS customer_id,
            policy, deadlines,
            opened.call_id AS call_id, opened.order_id AS order_id,
            opened.owner_id AS owner_id, opened.team_id AS team_id,
            coalesce(opened.opened_at, closed.opened_at) AS opened_at,
            CASE WHEN coalesce(state, 'closed') = 'closed' THEN closed.closed_at END AS closed_at,
            state, assignee_id, closed.resolution AS resolution,
            closed.customer_view AS customer_view, breaches,
            coalesce(breached_milestones, []) AS breached_milestones,
            warnings, escalations, escalation_level,
            coalesce(closed.reopened, 0) AS reopened, closed.seconds_open AS seconds_open
        FROM told""",
    "callback_now": """
        SELECT callback_id, arg_min(customer_id, sequence) AS customer_id,
            arg_min(reason, sequence) AS reason, arg_min(due, sequence) AS due,
            min(occurred_at) AS requested_at,
            max(outcome) FILTER (type LIKE '%.closed.%') AS outcome,
            max(occurred_at) FILTER (type LIKE '%.closed.%') AS closed_at
        FROM fact_callback_event GROUP BY callback_id""",
    # -- marketing ------------------------------------------------------------------------------
    "touch_now": """
        SELECT * FROM fact_campaign_touch
        QUALIFY row_number() OVER (
            PARTITION BY send_id ORDER BY version DESC, sequence DESC, event_id DESC) = 1""",
    # -- scores, both kinds ---------------------------------------------------------------------
    "fact_score": """
        SELECT 'customer' AS subject_kind, customer_id AS subject_id, score_id, type, sequence,
            occurred_at, as_of, method, tier, rank, population, spend_minor, currency,
            period_start, period_end, previous_tier, recency_days, frequency, monetary_minor, rfm,
            NULL::BIGINT AS score, NULL::VARCHAR AS trigger_id, NULL::VARCHAR AS trigger_type
        FROM fact_customer_score
        UNION ALL BY NAME
        SELECT 'lead' AS subject_kind, lead_id AS subject_id, score_id, type, sequence,
            occurred_at, as_of, method, score, trigger_id, trigger_type
        FROM fact_lead_score""",
}
