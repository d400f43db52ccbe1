import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credits", "0002_accounts_of_two_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BudgetWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(help_text="its first day")),
                ("percent", models.PositiveSmallIntegerField()),
                ("spent", models.PositiveIntegerField()),
                ("budget", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[
                            ("allowance", "Allowance"),
                            ("default", "Default"),
                            ("cap", "Cap"),
                            ("budget", "Budget"),
                            ("price", "Price"),
                        ],
                        max_length=9,
                    ),
                ),
                ("subject_id", models.BigIntegerField(help_text="the member or the project", null=True)),
                ("before", models.CharField(blank=True, max_length=120)),
                ("after", models.CharField(max_length=120)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="CreditRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sentence", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("", "Open"), ("yes", "Yes"), ("no", "No")],
                        default="",
                        max_length=3,
                    ),
                ),
                ("amount", models.PositiveIntegerField(default=0, help_text="the credits that were given")),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("answered_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(help_text="when the member read the answer", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Fold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Loss",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job", models.UUIDField(unique=True)),
                ("api", models.CharField(max_length=200)),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("unknown", "Unknown"),
                            ("expired", "Expired"),
                            ("unusable", "Unusable"),
                            ("late", "Late"),
                        ],
                        max_length=8,
                    ),
                ),
                ("credits", models.PositiveIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("day", models.DateField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.DateField(unique=True)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=10)),
                ("currency", models.CharField(help_text="ISO 4217", max_length=3)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["start"],
            },
        ),
        migrations.CreateModel(
            name="ProjectCap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("project_id", models.BigIntegerField(unique=True)),
                ("monthly", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                ("month", models.DateField(help_text="its first day")),
                (
                    "scope",
                    models.CharField(
                        choices=[("team", "Team"), ("member", "Member"), ("project", "Project")], max_length=7
                    ),
                ),
                (
                    "subject_id",
                    models.BigIntegerField(default=0, help_text="the member or the project; 0 for the team"),
                ),
                ("body", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("closed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="TeamBudget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("monthly", models.PositiveIntegerField()),
                ("hard", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("grain", models.CharField(choices=[("day", "Day"), ("month", "Month")], max_length=5)),
                ("start", models.DateField()),
                ("project_id", models.BigIntegerField(default=0, help_text="0 for what is of no job")),
                ("made", models.CharField(blank=True, max_length=8)),
                ("model_name", models.CharField(blank=True, max_length=40)),
                ("orders", models.PositiveIntegerField(default=0)),
                ("pictures", models.PositiveIntegerField(default=0)),
                ("granted", models.PositiveIntegerField(default=0)),
                ("adjusted", models.IntegerField(default=0)),
                ("expired", models.PositiveIntegerField(default=0)),
                ("held", models.PositiveIntegerField(default=0)),
                ("used", models.PositiveIntegerField(default=0)),
                ("released", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="WalletFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("api", models.CharField(max_length=200)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2, help_text="what the wallet rose, or fell", max_digits=14
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("balance_before", models.DecimalField(decimal_places=2, max_digits=14)),
                ("balance_after", models.DecimalField(decimal_places=2, max_digits=14)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Open"),
                            ("top-up", "Top Up"),
                            ("lost", "lost answers"),
                            ("outside", "spent outside the studio or not refunded"),
                            ("refund", "refunded late"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="account",
            name="monthly",
            field=models.PositiveIntegerField(
                help_text="credits given on the first of every month", null=True
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="renewed_for",
            field=models.DateField(
                help_text="the first of the month the allowance was last given for", null=True
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="seal",
            field=models.CharField(blank=True, help_text="the seal of its newest entry", max_length=64),
        ),
        migrations.AddField(
            model_name="entry",
            name="day",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="made",
            field=models.CharField(blank=True, help_text="generate or edit", max_length=8),
        ),
        migrations.AddField(
            model_name="entry",
            name="model_name",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="pictures",
            field=models.PositiveSmallIntegerField(default=0, help_text="received for what was captured"),
        ),
        migrations.AddField(
            model_name="entry",
            name="seal",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="walletreading",
            name="open",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="walletreading",
            name="spent",
            field=models.IntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["account", "day"], name="credits_ent_account_70b1f7_idx"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["project_id", "day"], name="credits_ent_project_01370f_idx"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["day"], name="credits_ent_day_dcb3e1_idx"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("monthly", None), ("limited", True), _connector="OR"),
                name="an_allowance_is_a_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="walletreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("open__isnull", True), ("spent__isnull", True)),
                    models.Q(("open__isnull", False), ("spent__isnull", False)),
                    _connector="OR",
                ),
                name="a_reading_knows_the_books_or_not",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetwarning",
            constraint=models.UniqueConstraint(fields=("month", "percent"), name="one_warning_a_share"),
        ),
        migrations.AddField(
            model_name="change",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="creditrequest",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="creditrequest",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_requests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="price",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                fields=("month", "scope", "subject_id"), name="one_statement_a_month"
            ),
        ),
        migrations.AddField(
            model_name="total",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="credits.account"
            ),
        ),
        migrations.AddField(
            model_name="walletfinding",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="loss",
            name="finding",
            field=models.ForeignKey(
                help_text="the fall of the wallet that shows it, when nothing else does",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="losses",
                to="credits.walletfinding",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["of", "subject_id", "-id"], name="credits_cha_of_d87f20_idx"),
        ),
        migrations.AddConstraint(
            model_name="creditrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answer", "")), fields=("user",), name="one_open_request_a_member"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount", 0), ("answer", ""), ("answered_at", None), ("answered_by", None)),
                    models.Q(
                        ("amount__gt", 0),
                        ("answer", "yes"),
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                    ),
                    models.Q(
                        ("amount", 0),
                        ("answer", "no"),
                        ("answered_at__isnull", False),
                        ("answered_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="an_answer_has_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="a_price_is_more_than_nothing"
            ),
        ),
        migrations.AddIndex(
            model_name="total",
            index=models.Index(fields=["account", "grain", "start"], name="credits_tot_account_e29d5a_idx"),
        ),
        migrations.AddIndex(
            model_name="total",
            index=models.Index(
                fields=["project_id", "grain", "start"], name="credits_tot_project_f124b6_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="total",
            constraint=models.UniqueConstraint(
                fields=("grain", "start", "account", "project_id", "made", "model_name"),
                name="one_total_a_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="walletfinding",
            constraint=models.UniqueConstraint(fields=("api", "until"), name="one_finding_a_reading"),
        ),
        migrations.AddConstraint(
            model_name="walletfinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True), name="a_finding_is_of_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="walletfinding",
            constraint=models.CheckConstraint(
                condition=models.Q(("since__lte", models.F("until"))), name="a_finding_has_its_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="loss",
            constraint=models.CheckConstraint(
                condition=models.Q(("credits__gt", 0)), name="a_loss_is_more_than_nothing"
            ),
        ),
    ]
